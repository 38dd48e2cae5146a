import type { Row } from '../../checks/check.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Family } from '../metrics/family.ts'
import type { JobKind, JobRecord } from '../scheduler/job.ts'
import type { ServerObservation } from '../../checks/observation.ts'
import type { StatusDocument } from '../status-document.ts'

/** What the HTTP interface needs of the agent: everything but health functions comes from memory. */
export interface HttpParts {
  readonly clock: Clock
  readonly log: Log
  /** State of the server, at most a quarter of a second old. */
  server(): ServerObservation
  status(): StatusDocument
  /** The status after a look at what has changed since; waits a second at most. */
  current(): Promise<StatusDocument>
  /** All metrics; gathers anew when the last round is too old, within a second. */
  metrics(): Promise<readonly Family[]>
  /** A question as pgherd_monitor, with a deadline. */
  ask(database: string, text: string): Promise<readonly Row[]>
  backups(): Promise<readonly object[]>
  proofs(): Promise<readonly object[]>
  readonly jobs: {
    list(): readonly JobRecord[]
    find(id: string): JobRecord | undefined
    underWay(kind: JobKind): JobRecord | undefined
    request(kind: JobKind): JobRecord | undefined
    nextRun(kind: JobKind): Date | null
  }
  /** The agent's token; read anew, so that a new one counts at once. */
  token(): Promise<string>
}

export interface HttpOptions {
  readonly address: string
  readonly port: number
  /** Names in the Host header beside loopback's. */
  readonly names: readonly string[]
  /** Certificate and key; without, the agent listens on loopback only. */
  readonly tls?: { readonly cert: string; readonly key: string }
}
