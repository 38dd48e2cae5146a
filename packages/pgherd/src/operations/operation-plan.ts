import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Impact } from '../plan/action.ts'

/** One thing an operation on the cluster does, as `--dry-run` and `--json` show it. */
export interface OperationStep {
  /** What is done, for people: `pause the pools`. */
  readonly title: string
  readonly because: string
  readonly impact: Impact
  /** Whom it concerns; left out for the cluster as a whole. */
  readonly member?: string
}

/** What an operation is going to do: a value, made before anything is touched. */
export interface OperationPlan {
  readonly operation: string
  readonly steps: readonly OperationStep[]
  /** What is worth knowing and does not stand in the way. */
  readonly findings: readonly Diagnostic[]
}

/** What pure decisions give: a plan, or every reason why there is none. */
export type Decision<P extends OperationPlan = OperationPlan> =
  { readonly refused: readonly Diagnostic[] } | { readonly plan: P }
