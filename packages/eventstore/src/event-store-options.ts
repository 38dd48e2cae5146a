import type { ClientBase, Pool } from 'pg'
import type { GroupCommitOptions } from './append/group-commit.ts'
import type { EventMetadata, EventShape } from './event.ts'
import type { Schemas } from './event-schemas.ts'
import type { InlineProjection } from './inline/inline-projection.ts'
import type { MasterKey } from './personal/master-key.ts'
import type { PersonalFields } from './personal/personal-fields.ts'

export interface EventStoreOptions<E extends EventShape> {
  /**
   * A pool of `pg`, or one connected client, on which all take turns and nothing subscribes; it stays yours, and `close`
   * does not end it.
   */
  readonly pool: Pool | ClientBase
  /** As given to `install`; `eventstore` when left out. */
  readonly schema?: string
  /** Present schema versions of event types and the steps from older ones. */
  readonly schemas?: Schemas<E>
  /** Which fields of events are about a person, so that they can be erased. */
  readonly personal?: PersonalFields<E>
  /** Wraps the keys of people, so that who has the database alone cannot read what is personal; they are not wrapped when left out. */
  readonly masterKey?: MasterKey
  /** Metadata for every event, for instance the trace context of the request that is being served. */
  readonly metadata?: () => EventMetadata | undefined
  /** Written in the transaction of each append that has an event for them; such an append is a commit of its own. */
  readonly inline?: readonly InlineProjection<E>[]
  /** How appends that come in together are put into one commit. */
  readonly groupCommit?: Partial<GroupCommitOptions>
  /** False for a pooler that does not know prepared statements (PgBouncer before 1.21). */
  readonly prepare?: boolean
  /** How long to wait for a connection of the pool, in milliseconds; 30 000 when left out. */
  readonly acquireMs?: number
  /** Whether to tell and be told of new events with LISTEN and NOTIFY; false, or a pool of fewer than 4 connections, leaves polling. */
  readonly wakeUp?: boolean
  /** Told what went wrong without making any result wrong; a process warning when left out. */
  readonly warn?: (error: unknown) => void
}
