import type { SpecFinding } from '../finding.ts'
import type { Spec, SpecInput } from '../schema.ts'

/** One thing the fields of a spec may say that cannot be, whatever the machine looks like. Pure. */
export interface SpecRule {
  /** The file's name. */
  readonly id: string
  /** What goes wrong when it is broken; one sentence. */
  readonly why: string
  examine(spec: Spec): Iterable<SpecFinding>
  /** Run by one table test: `good` has no finding of this rule, each `bad` has one at exactly `at`. */
  readonly examples: {
    readonly good: SpecInput
    readonly bad: readonly { readonly spec: SpecInput; readonly at: string }[]
  }
}

/** True when the record declares the name itself (`constructor` is not declared by every object). */
export function declares(record: Readonly<Record<string, unknown>>, name: string): boolean {
  return Object.hasOwn(record, name)
}
