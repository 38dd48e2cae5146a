import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { DiagnosticCode } from '../diagnostic/codes.ts'
import type { Spec, SpecInput } from '../spec/schema.ts'
import type { Member } from '../topology/topology.ts'
import type { Observation } from './observation.ts'

/** A row of a query as node-postgres gives it: bigint and numeric as text. */
export type Row = Readonly<Record<string, unknown>>

/**
 * A question as data. `sql` runs read-only as pgherd_monitor, in `postgres`, and must give the same
 * columns on 15 to 18; `observed` reads what the agent keeps and gives undefined when that is not known.
 */
export type Question<F> =
  | {
      readonly kind: 'sql'
      readonly database: string
      readonly text: string
      readonly parse: (rows: readonly Row[]) => F
    }
  | { readonly kind: 'observed'; readonly read: (observation: Observation) => F | undefined }

/** What a judgement may look at beside the facts; thresholds come from `spec.alerts`. */
export interface Situation {
  readonly spec: Spec
  readonly member: Member
  readonly now: Date
}

export interface Sample<F> {
  readonly about: string
  readonly facts: F
  readonly expect: readonly DiagnosticCode[]
  /** What the spec says beside its name; everything by default when left out. */
  readonly spec?: Omit<SpecInput, 'name'>
  /** Moment of the judgement; 2026-01-10T12:00:00Z when left out. */
  readonly now?: string
}

/**
 * A health check: one question and a pure judgement of the answer. The file is named as the id,
 * and the id in upper case is the code it reports.
 */
export interface Check<F = unknown> {
  readonly id: string
  readonly about: 'server' | 'archive' | 'backups' | 'host' | 'agent'
  /** How often the answer is worth asking for anew. */
  readonly everySeconds: number
  readonly probe: Question<F>
  /** Findings in these facts; none when all is well. Pure: the clock is `situation.now`. */
  judge(facts: F, situation: Situation): readonly Diagnostic[]
  /** Facts with the codes they must give; run by one table test. */
  readonly samples: readonly Sample<F>[]
}
