import type { ClientBase, Pool } from 'pg'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import { partitionDatabase, partitionsOf, type Partition, type PartitionOptions } from './partition-list.ts'
import { withEventTable } from './table-lock.ts'

export interface RetireOptions extends PartitionOptions {
  /** Whether events may go that subscriptions have not handled yet; false when left out. */
  readonly unread?: boolean
}

const behind: Query = {
  name: 'partition-behind',
  text: (es) => `
    select s.name, min(s.position) from ${es}.subscription s
    where s.position < (select least($1::bigint - 1, q.last_value) from ${es}.event_position q)
    group by s.name order by 2 limit 1`,
}
/** Some streams at a time, so that appends to them wait no longer than for another append. */
const truncate: Query = {
  name: 'partition-truncate',
  text: (es) => `
    with ends as (
      select e.stream_id, max(e.version) + 1 as version from ${es}.event e
      where e.position < $1 and e.stream_id > $2
        and e.stream_id <= (select max(n.id) from (select s.id from ${es}.stream s where s.id > $2 order by s.id limit 1000) n)
      group by e.stream_id),
    moved as (
      update ${es}.stream s set truncated_before = e.version from ends e
      where s.id = e.stream_id and s.truncated_before < e.version returning 1)
    select max(n.id), (select count(*) from moved)
    from (select s.id from ${es}.stream s where s.id > $2 order by s.id limit 1000) n`,
}

/**
 * Takes the oldest partition out of the store: its events are gone for readers, streams begin after them, and its table
 * stays as it is under its name, to be copied, moved or dropped. Throws PARTITION_MISSING, PARTITION_IN_USE, PARTITION_BUSY.
 */
export async function archivePartition(
  pool: Pool | ClientBase,
  name: string,
  options: RetireOptions = {},
): Promise<void> {
  await retire(pool, name, options, () => '')
}

/** The same, and drops the table: its events are gone for good. */
export async function dropPartition(
  pool: Pool | ClientBase,
  name: string,
  options: RetireOptions = {},
): Promise<void> {
  await retire(pool, name, options, (table) => `drop table ${table}`)
}

async function retire(
  pool: Pool | ClientBase,
  name: string,
  { unread = false, ...options }: RetireOptions,
  end: (table: string) => string,
): Promise<void> {
  const database = partitionDatabase(pool, options)
  const { before } = await oldest(database, name)
  if (!unread) {
    const [row] = await database.run(behind, [before])
    if (row) throw inUse(`the subscription ${JSON.stringify(row[0])} is at position ${row[1]}`, name)
  }
  // first: a stream that says so too early is still read right, one that lacks events and does not say so is not
  for (let after = '0'; ;) {
    const [row] = await database.run(truncate, [before, after])
    if (row?.[0] == null) break
    after = column(row, 0)
  }
  await withEventTable(database, async (client) => {
    await oldest(database, name, client)
    const table = `${database.es}.${name}`
    await database.plain(
      client,
      `alter table ${database.es}.event detach partition ${table};
       delete from ${database.es}.event_tag where position < ${before}; ${end(table)}`,
    )
  })
}

/** The partition, where it is the oldest of several. */
async function oldest(
  database: Database,
  name: string,
  client?: Parameters<typeof partitionsOf>[1],
): Promise<Partition & { readonly before: number }> {
  const partitions = await partitionsOf(database, client)
  const [first] = partitions
  if (!partitions.some((partition) => partition.name === name))
    throw new EventStoreError('PARTITION_MISSING', {
      detail: `there is no partition ${JSON.stringify(name)}`,
      why: 'only one that is named exactly is taken away',
      mend: 'Choose one of `listPartitions`; `addPartition` makes the first.',
    })
  if (first?.name !== name || first.before === undefined)
    throw inUse(first?.name === name ? 'it takes the new events' : `${first?.name} is older`, name)
  return { ...first, before: first.before }
}

function inUse(reason: string, name: string): EventStoreError {
  return new EventStoreError('PARTITION_IN_USE', {
    detail: `${name} cannot go yet: ${reason}`,
    why: 'streams lose events from their beginnings only, and subscriptions would miss what they have not handled',
    mend: 'Take older partitions first, let subscriptions catch up, or pass `unread: true` where they may miss it.',
  })
}
