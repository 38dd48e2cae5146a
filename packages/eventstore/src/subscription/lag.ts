import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { EventStoreError } from '../errors/event-store-error.ts'

export interface PartitionLag {
  readonly partition: number
  /** Everything up to here is handled or put aside. */
  readonly position: number
  /** Age in seconds of the oldest event after that; 0 when there is none. Events of other types count too, until it has passed them. */
  readonly seconds: number
  readonly failedEvents: number
  /** Failed attempts at the event that is being retried, and why; 0 when none is. */
  readonly attempts: number
  readonly error: string | undefined
}

export interface Lag {
  readonly subscription: string
  /** The last position that was given out. */
  readonly last: number
  /** Positions between that and the partition that is most behind. */
  readonly behind: number
  /** Of the partition that is most behind. */
  readonly seconds: number
  readonly failedEvents: number
  readonly partitions: readonly PartitionLag[]
}

const query: Query = {
  name: 'lag',
  text: (es) => `
    select q.last_value, s.partition, s.position,
      coalesce((select extract(epoch from clock_timestamp() - e.created)::float8 from ${es}.event e
        where e.position > s.position and e.stream_id % s.partitions = s.partition order by e.position limit 1), 0),
      (select count(*) from ${es}.failed_event f where f.subscription = s.name and f.partition = s.partition),
      s.attempts, s.error
    from ${es}.event_position q cross join ${es}.subscription s where s.name = $1 order by s.partition`,
}

/** How far a subscription is behind. Throws SUBSCRIPTION_MISSING. */
export async function readLag(database: Database, subscription: string): Promise<Lag> {
  const rows = await database.run(query, [subscription])
  if (rows.length === 0) throw missing(subscription)
  const last = Number(column(rows[0], 0))
  const partitions = rows.map((row) => ({
    partition: Number(column(row, 1)),
    position: Number(column(row, 2)),
    seconds: Math.max(0, Number(column(row, 3))),
    failedEvents: Number(column(row, 4)),
    attempts: Number(column(row, 5)),
    error: row[6] ?? undefined,
  }))
  return {
    subscription,
    last,
    behind: Math.max(0, ...partitions.map(({ position }) => last - position)),
    seconds: Math.max(...partitions.map(({ seconds }) => seconds)),
    failedEvents: partitions.reduce((sum, each) => sum + each.failedEvents, 0),
    partitions,
  }
}

export function missing(subscription: string): EventStoreError {
  return new EventStoreError('SUBSCRIPTION_MISSING', {
    detail: `there is no subscription ${JSON.stringify(subscription)}`,
    why: 'without a checkpoint nothing is known about it',
    mend: 'Check the name; `subscribe` makes it.',
  })
}
