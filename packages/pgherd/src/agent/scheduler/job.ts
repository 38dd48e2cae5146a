import type { Diagnostic } from '../../diagnostic/diagnostic.ts'

export const jobKinds = ['backup', 'proof', 'retention', 'certificates'] as const
export type JobKind = (typeof jobKinds)[number]

/** Why a job runs. */
export type JobCause =
  | 'schedule'
  | 'catch-up'
  | 'request'
  | 'retry'
  | 'resume'
  | 'archive-gap'
  | 'new-backup'
  | 'new-proof'
  | 'start'

/** One run of a job, kept in the history and shown by the API. Times are RFC 3339. */
export interface JobRecord {
  readonly id: string
  readonly kind: JobKind
  readonly cause: JobCause
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'interrupted'
  readonly queuedAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  /** Measured with the monotonic clock. */
  readonly seconds: number | null
  readonly progress: { readonly message: string; readonly share: number | null } | null
  /** One line about what came of it. */
  readonly summary: string | null
  readonly findings: readonly Diagnostic[]
}

/** What a run came to. `failed` carries findings; a thrown DiagnosticError counts as the same. */
export type JobResult =
  | {
      readonly ok: true
      readonly summary: string
      /** What was found and mended on the way. */
      readonly findings?: readonly Diagnostic[]
      /** Of a backup: the newest proof failed, so this one is to be proven now. */
      readonly proofOwed?: boolean
    }
  | {
      readonly ok: false
      readonly summary: string
      readonly findings: readonly Diagnostic[]
      /** Trying again before the schedule says so would come to the same. */
      readonly final?: boolean
    }

/** Does the work; wired to operations/ and pki/ in main, to fakes in tests of the scheduler. */
export interface JobRunner {
  run(
    kind: JobKind,
    context: { readonly signal: AbortSignal; readonly report: (message: string, share?: number) => void },
  ): Promise<JobResult>
}

/** Jobs of one lock never run at the same time: a proof reads what a retention removes. */
export const lockOf: Readonly<Record<JobKind, 'repository' | 'certificates'>> = {
  backup: 'repository',
  proof: 'repository',
  retention: 'repository',
  certificates: 'certificates',
}
