import type { MetricQuery } from '../metric-query.ts'

/** Locks by database and mode; every mode has a series, so that a rate never starts from nothing. */
export const locks: MetricQuery = {
  id: 'locks',
  scope: 'server',
  everySeconds: 10,
  prefix: 'pg_locks',
  labels: ['datname', 'mode'],
  columns: [{ name: 'count', type: 'gauge', help: 'Locks held or waited for' }],
  text: () => `select d.datname, m.mode, count(l.mode) as count
    from (select oid, datname from pg_database where datallowconn order by oid limit 50) d
    cross join unnest(array['accesssharelock', 'rowsharelock', 'rowexclusivelock', 'shareupdateexclusivelock', 'sharelock',
      'sharerowexclusivelock', 'exclusivelock', 'accessexclusivelock', 'sireadlock']) as m(mode)
    left join pg_locks l on l.database = d.oid and lower(l.mode) = m.mode group by 1, 2`,
}
