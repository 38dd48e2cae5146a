import type { Diagnostic, Mend } from '../diagnostic/diagnostic.ts'
import type { Action, Impact } from './action.ts'

/** One change, with why it is made and what users notice. */
export interface Step {
  readonly id: string
  readonly member: string
  /** Ids of steps that must be done before. */
  readonly after: readonly string[]
  /** What is done, for people: `create role "app"`. */
  readonly title: string
  readonly because: string
  /** create and change follow the spec; drift undoes a change somebody made by hand; repair puts back what is broken or missing. */
  readonly cause: 'create' | 'change' | 'drift' | 'repair'
  readonly impact: Impact
  readonly action: Action
  /** For drift: the change of the spec that would keep what was found. */
  readonly adopt?: Mend
}

/**
 * A value: printable, savable, refused when stale. `observed` is the digest of everything the
 * plan was made from; apply observes again and refuses when it differs.
 */
export interface Plan {
  readonly observed: string
  readonly steps: readonly Step[]
  /** What was seen but is nothing a plan may change by itself, such as an undeclared role. */
  readonly findings: readonly Diagnostic[]
  /** True when a part could not be observed yet (server stopped), so that another round follows. */
  readonly partial: boolean
}
