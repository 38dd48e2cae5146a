import type { Database } from '../database/database.ts'
import type { EventReading } from '../read/event-reading.ts'
import type { Checkpoints } from './checkpoint.ts'
import type { FailedEvents } from './failed-events.ts'

/** What turns of every subscription of a store work with. */
export interface TurnTools {
  readonly database: Database
  readonly reading: EventReading
  readonly checkpoints: Checkpoints
  readonly failedEvents: FailedEvents
}
