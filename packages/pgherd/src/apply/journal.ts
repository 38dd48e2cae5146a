import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { asFileFinding } from '../hosts/file-error.ts'
import type { Plan } from '../plan/plan.ts'
import { readRun, type Interrupted } from './interrupted.ts'

const kept = 50
const current = 'current.jsonl'

/**
 * Records which steps of a plan were carried out, each line safe on disk before the next step
 * begins. Steps are decided anew from what is observed; what cannot be observed, a unit that was yet
 * to be reloaded when the run was cut off, is read from here.
 */
export class Journal {
  readonly #directory: string
  readonly #at: string
  #file: number | undefined

  private constructor(directory: string, file: number, at: string) {
    this.#directory = directory
    this.#file = file
    this.#at = at
  }

  /** The run that was interrupted or failed, if the last one never finished. */
  static interrupted(directory: string): Interrupted | undefined {
    try {
      return readRun(readFileSync(join(directory, current), 'utf8'))
    } catch {
      return undefined
    }
  }

  /**
   * Opens the journal of a run; undefined while its directory is not there yet, which the first steps of the
   * first plan make. An interrupted run's journal becomes history in the same moment: what it owes is part of
   * this plan, so it must not be lost between the two.
   * Throws DiagnosticError DISK_FULL, FILE_DENIED and the like.
   */
  static begin(directory: string, plan: Plan, at: Date): Journal | undefined {
    if (!existsSync(directory)) return undefined
    return guarded(directory, () => {
      const stamp = at.toISOString()
      const fresh = join(directory, 'next.jsonl')
      const file = openSync(fresh, 'w', 0o600)
      const journal = new Journal(directory, file, stamp)
      const steps = plan.steps.map(({ id, title, action }) => ({
        id,
        title,
        do: action.do,
        ...('unit' in action && typeof action.unit === 'object' ? { unit: action.unit.name } : {}),
      }))
      journal.#line({ at: stamp, observed: plan.observed, steps })
      const before = Journal.interrupted(directory)
      if (before) archive(directory, before.at, (history) => linkSync(join(directory, current), history))
      renameSync(fresh, join(directory, current))
      syncDirectory(directory)
      return journal
    })
  }

  /** Ends an interrupted run that left nothing to do. */
  static settle(directory: string): void {
    const run = Journal.interrupted(directory)
    if (run)
      guarded(directory, () =>
        archive(directory, run.at, (history) => renameSync(join(directory, current), history)),
      )
  }

  done(id: string, at: Date): void {
    guarded(this.#directory, () => this.#line({ done: id, at: at.toISOString() }))
  }

  failed(id: string, codes: readonly string[], at: Date): void {
    guarded(this.#directory, () => this.#line({ failed: id, codes, at: at.toISOString() }))
  }

  /** Closes the run: it ended as planned. */
  finish(): void {
    this.close()
    guarded(this.#directory, () =>
      archive(this.#directory, this.#at, (history) => renameSync(join(this.#directory, current), history)),
    )
  }

  /** Closes the file; a run that was not finished stays the interrupted one. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #line(value: object): void {
    if (this.#file === undefined) throw new Error('the journal is closed')
    writeSync(this.#file, `${JSON.stringify(value)}\n`)
    fsyncSync(this.#file)
  }
}

/** Files a run under its time and drops the oldest beyond those that are kept. */
function archive(directory: string, at: string, file: (history: string) => void): void {
  const history = join(directory, `${at.replaceAll(/[^\dTZ.-]/g, '')}.jsonl`)
  rmSync(history, { force: true })
  file(history)
  const old = readdirSync(directory)
    .filter((name) => /^\d{4}-.*\.jsonl$/.test(name))
    .sort()
  for (const name of old.slice(0, -kept)) rmSync(join(directory, name))
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function guarded<T>(directory: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asFileFinding(error, 'write the journal in', directory)
  }
}
