import type { Query } from '../database/query.ts'
import { readClock } from '../read/read-facts.ts'
import { instantColumn } from '../time/instant-column.ts'
import { calendarPeriods } from './calendar.ts'
import { createPartition } from './create-partition.ts'
import type { HistoryStorage } from './history-storage.ts'
import { refused } from './refused.ts'
import { rewrite } from './rewrite.ts'

const list: Query = {
  name: 'partitions',
  text: (bt, history) => `
    select c.relnamespace::regnamespace, c.relname,
      ${instantColumn('p.recorded_from')}, ${instantColumn('p.recorded_to')},
      pg_total_relation_size(c.oid), coalesce(t.spcname, 'pg_default'), ${instantColumn('p.compacted_at')}
    from pg_inherits i join pg_class c on c.oid = i.inhrelid left join pg_tablespace t on t.oid = c.reltablespace
      left join ${bt}.fact_partition p on p.name = c.relname
    where i.inhparent = '${bt}.${history}'::regclass order by p.recorded_from nulls last`,
}

/** Partitions of PostgreSQL itself, each made for its period, and a default one for what has none. */
export const nativePartitions: HistoryStorage = {
  title: 'native partitions',
  list: (database) => database.run(list, []),
  async prepare(database, every, ahead) {
    const made: string[] = []
    for (const period of calendarPeriods(every, await readClock(database), ahead)) {
      const name = await createPartition(database, period)
      if (name !== undefined) made.push(name)
    }
    return made
  },
  async create(database, period) {
    const name = await createPartition(database, period)
    if (name === undefined)
      throw refused(`a part of ${period.from} to ${period.to} belongs to another partition`)
    return name
  },
  compact: rewrite,
  compactAfter: ({ schema }) =>
    Promise.reject(
      refused(`the history of ${schema} is in native partitions, which nothing compacts by itself`, {
        why: 'policies are run by TimescaleDB',
        mend: 'Call `partitions.compact(name)` from a schedule of your own.',
      }),
    ),
}
