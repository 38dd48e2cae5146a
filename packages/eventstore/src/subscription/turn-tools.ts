import type { Database } from '../database/database.ts'
import type { Schemas } from '../event-schemas.ts'
import type { Checkpoints } from './checkpoint.ts'
import type { FailedEvents } from './failed-events.ts'

/** What turns of every subscription of a store work with. */
export interface TurnTools {
  readonly database: Database
  readonly schemas: Schemas
  readonly checkpoints: Checkpoints
  readonly failedEvents: FailedEvents
}
