import { mend } from '../diagnostic/diagnostic.ts'
import type { SpecFinding } from './finding.ts'
import { deepestNesting, mostValues } from './limits.ts'
import type { SpecPath } from './path.ts'
import { shown } from './shown.ts'

/** A value built by code, as plain data of its own, with what could not be taken over. */
export interface PlainValue {
  readonly value: unknown
  readonly findings: readonly SpecFinding[]
}

/**
 * Copies what code built into plain objects, lists and scalars, so that nothing later meets a
 * getter that throws, a cycle or a value that changes. `undefined` counts as left out.
 */
export function plainValue(value: unknown): PlainValue {
  const copy = new Copy()
  try {
    const result = copy.copy(value, [])
    return { value: result, findings: copy.findings }
  } catch {
    // Getters and proxies of the user's code; what they throw may say anything, so it is not repeated.
    const finding: SpecFinding = {
      code: 'SPEC_CODE_FAILED',
      detail: 'reading the spec object runs code that throws (a getter or a proxy)',
      mend: mend.advice('export a plain object'),
      path: [],
    }
    return { value: undefined, findings: [finding] }
  }
}

class Copy {
  readonly findings: SpecFinding[] = []
  #values = 0

  copy(value: unknown, path: SpecPath): unknown {
    this.#values += 1
    if (this.#values > mostValues) {
      if (this.#values === mostValues + 1)
        this.#report(
          'SPEC_TOO_LARGE',
          `the spec has more than ${String(mostValues)} values`,
          'keep the spec smaller',
          path,
        )
      return null
    }
    if (path.length > deepestNesting) {
      this.#report(
        'SPEC_TOO_LARGE',
        'values are nested too deeply, or contain themselves',
        'remove levels; a spec needs six at most',
        path,
      )
      return null
    }
    if (value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value)) return value
    if (Array.isArray(value))
      return Array.from(value, (item, index) => this.copy(item, [...path, String(index)]))
    if (typeof value === 'object' && isPlain(value)) return this.#object(value, path)
    this.#report(
      'SPEC_INVALID',
      `a ${kindOf(value)} is no value for a spec`,
      'use text, numbers, true, false, lists and plain objects',
      path,
    )
    return null
  }

  #object(value: object, path: SpecPath): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    for (const [key, inner] of Object.entries(value)) {
      if (this.#values > mostValues) break
      if (key === '__proto__') {
        this.#report(
          'SPEC_NAME',
          `${shown(key)} cannot be a key: JavaScript gives it a meaning of its own`,
          'choose another name',
          [...path, key],
        )
        continue
      }
      const copied = this.copy(inner, [...path, key])
      if (copied !== undefined) result[key] = copied
    }
    return result
  }

  #report(code: SpecFinding['code'], detail: string, advice: string, path: SpecPath): void {
    this.findings.push({ code, detail, mend: mend.advice(advice), path })
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function kindOf(value: unknown): string {
  if (typeof value !== 'object') return typeof value
  if (value instanceof Date) return 'Date'
  if (value instanceof Promise) return 'Promise'
  return 'class instance'
}
