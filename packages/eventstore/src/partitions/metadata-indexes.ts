import type { ClientBase, Pool } from 'pg'
import { column, type Query } from '../database/query.ts'
import { partitionDatabase, type PartitionOptions } from './partition-list.ts'

/** What is known of a key of events' metadata, and what finding events by it would need. */
export interface MetadataIndexAdvice {
  readonly key: string
  /** Share of the newest events that have it, from 0 to 1. */
  readonly share: number
  /** Different values among those. */
  readonly values: number
  readonly isIndexed: boolean
  /** Makes an index; undefined when there is one, or when one value is shared by too many events for an index to help. */
  readonly statement: string | undefined
}

const looked = 10_000
/** An index that leads to more of a table than this is slower than reading it. */
const usefulShare = 0.05

const keys: Query = {
  name: 'metadata-keys',
  text: (es) => `
    with newest as (select e.metadata from ${es}.event e order by e.position desc limit ${looked})
    select m.key, count(*), count(distinct m.value), (select count(*) from newest),
      exists (select from pg_index i where i.indrelid = '${es}.event'::regclass
        and pg_get_indexdef(i.indexrelid) like '%(metadata ->> ' || quote_literal(m.key) || '::text)%'),
      format('create index %s on ${es}.event ((metadata ->> %L)) where metadata ->> %L is not null',
        (select case c.relkind when 'p' then '' else 'concurrently' end from pg_class c where c.oid = '${es}.event'::regclass),
        m.key, m.key)
    from newest n cross join lateral json_each_text(n.metadata) m
    where m.value is not null group by m.key order by m.key`,
}

/**
 * Looks at the metadata of the newest 10,000 events, and advises an index for each key that few events share a value of,
 * for your own queries by correlation, user or trace. Each index costs every append a little, so none is made here.
 */
export async function adviseMetadataIndexes(
  pool: Pool | ClientBase,
  options: PartitionOptions = {},
): Promise<readonly MetadataIndexAdvice[]> {
  const rows = await partitionDatabase(pool, options).run(keys, [])
  return rows.map((row) => {
    const [events, values, all] = [Number(column(row, 1)), Number(column(row, 2)), Number(column(row, 3))]
    const isIndexed = row[4] === 't'
    const isUseful = events / values / all <= usefulShare
    return {
      key: column(row, 0),
      share: events / all,
      values,
      isIndexed,
      statement: isIndexed || !isUseful ? undefined : column(row, 5),
    }
  })
}
