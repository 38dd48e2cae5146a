import type { ClientBase } from 'pg'
import type { Database } from '../database/database.ts'
import type { EventShape, Recorded } from '../event.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import type { EventReading } from '../read/event-reading.ts'
import { readEvents } from '../read/read-stream.ts'
import { tombstoned } from '../append/append-result.ts'
import { streamInfo } from '../stream/stream-info.ts'
import type { Evolution, Happened } from './decider.ts'
import { checkSnapshotPolicy, loadSnapshot, saveSnapshot, type SnapshotPolicy } from './snapshots.ts'

export interface AggregateDefinition<S, E extends EventShape> extends Evolution<S, E> {
  readonly snapshot?: SnapshotPolicy<S>
}

export interface Aggregate<S> {
  readonly state: S
  /** Version of the last event in it, for `expected`; 0 when the stream does not exist. */
  readonly version: number
  /** Events that had to be read, which a snapshot saves. */
  readonly replayed: number
}

export interface AggregateTools {
  readonly database: Database
  readonly reading: EventReading
  /** Told what went wrong without making the result wrong. */
  readonly warn: (error: unknown) => void
}

/**
 * The state of a stream from its events, or from the newest snapshot and the events since.
 * Throws STREAM_TRUNCATED when events it would need were removed, STREAM_TOMBSTONED.
 */
export async function aggregateStream<S, E extends EventShape>(
  { database, reading, warn }: AggregateTools,
  stream: string,
  { initial, evolve, snapshot }: AggregateDefinition<S, E>,
  client?: ClientBase,
): Promise<Aggregate<S>> {
  if (snapshot) checkSnapshotPolicy(snapshot)
  const { subjectKeys } = reading
  const start = snapshot && (await loadSnapshot({ database, subjectKeys }, stream, snapshot, client))
  let state = start ? start.state : initial()
  let version = start?.version ?? 0
  let replayed = 0
  // of personal data that is in the state
  const keyIds = new Set(start?.keyIds)
  const options = { from: version + 1, ...(client ? { client } : {}) }
  for await (const event of readEvents<E>(database, reading, stream, options, { usedKeys: keyIds })) {
    const recorded = event as Recorded<EventShape>
    if (recorded.version !== version + 1) throw truncated(stream, version + 1, recorded.version)
    state = evolve(state, recorded as unknown as Happened<E>)
    version = recorded.version
    replayed++
  }
  if (start && version < start.streamVersion) throw truncated(stream, version + 1, start.streamVersion + 1)
  if (version === 0) await checkNeverHadEvents(database, stream, client)
  if (snapshot && replayed >= snapshot.every) {
    try {
      await saveSnapshot({ database, subjectKeys }, stream, snapshot, { version, state, keyIds }, client)
    } catch (thrown) {
      // in the caller's transaction the failed statement has spoiled it; else the state is right without a snapshot
      if (client) throw thrown
      warn(thrown)
    }
  }
  return { state, version, replayed }
}

/** No event was found: there may have been some. */
async function checkNeverHadEvents(database: Database, stream: string, client?: ClientBase): Promise<void> {
  const info = await streamInfo(database, stream, client)
  if (info?.tombstoned) throw tombstoned(stream)
  if (info && info.truncatedBefore > 1) throw truncated(stream, 1, info.truncatedBefore)
}

function truncated(stream: string, wanted: number, found: number): EventStoreError {
  return new EventStoreError('STREAM_TRUNCATED', {
    detail: `${JSON.stringify(stream)} begins at version ${found}, and version ${wanted} was needed`,
    why: 'a state without the events that were removed would be wrong',
    mend: 'Keep a snapshot of this state version before truncating, or compute it from what `read` gives.',
  })
}
