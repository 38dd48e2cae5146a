import pg from 'pg'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import type { ProofCheck, ProofVerdict } from '../catalogue.ts'

/** What one check found: `ok` when left out, `inconclusive` when it could not be made. */
export interface CheckResult {
  readonly ok?: boolean
  readonly inconclusive?: true | undefined
  readonly detail: string
}

/** The checks of one proof, in order, with how long each took. */
export class Checklist {
  readonly checks: ProofCheck[] = []

  /** One check that could not be made is enough to leave something unproven. */
  get verdict(): ProofVerdict {
    if (this.checks.some((check) => !check.ok && check.inconclusive !== true)) return 'failed'
    return this.checks.some((check) => check.inconclusive) ? 'restorable' : 'proven'
  }

  /**
   * Runs one check. What it returns is its detail. It fails, and undefined is returned, on a DiagnosticError and on
   * errors of a server or of the system; anything else that is thrown is no finding and goes on to the caller.
   */
  async run<T extends CheckResult>(name: string, work: () => Promise<T>): Promise<T | undefined> {
    const began = performance.now()
    const done = ({ ok = true, inconclusive, detail }: CheckResult): void => {
      const seconds = round((performance.now() - began) / 1000)
      this.checks.push({
        name,
        ok: ok && !inconclusive,
        ...(inconclusive && { inconclusive }),
        detail,
        seconds,
      })
    }
    try {
      const result = await work()
      done(result)
      return result
    } catch (error) {
      const reason = inWords(error)
      if (reason === undefined) throw error
      done({ ok: false, detail: reason })
      return undefined
    }
  }
}

/** What a failure means for a check; undefined for a defect of ours and for an abort. */
function inWords(error: unknown): string | undefined {
  if (error instanceof DiagnosticError) return error.diagnostics.map((each) => each.detail).join('\n')
  if (error instanceof pg.DatabaseError) return error.message
  if (!(error instanceof Error) || error.name === 'AbortError') return undefined
  // Connections that break off have no code in node-postgres, everything of the system has one.
  return 'code' in error || /connection/i.test(error.message) ? error.message : undefined
}

/** To milliseconds. */
export function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}

/** `3 tables`, `1 table`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`
}

/** The first few of many, so that a detail stays readable. */
export function firstOf(all: readonly string[], most = 5): string {
  const more = all.length > most ? `; and ${all.length - most} more` : ''
  return `${all.slice(0, most).join('; ')}${more}`
}

/** `100 %`, `12.5 %`: rounded down, so that only everything is called everything. */
export function percentOf(part: number, whole: number): string {
  if (whole <= 0 || part >= whole) return '100 %'
  return `${Math.floor((part / whole) * 1000) / 10} %`
}
