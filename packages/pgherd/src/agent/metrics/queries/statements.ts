import type { MetricQuery } from '../metric-query.ts'

/** The 100 statements that cost most time, without their text: it may hold data. Columns renamed in 17. */
export const statements: MetricQuery = {
  id: 'stat_statements',
  scope: 'once',
  everySeconds: 60,
  prefix: 'pg_stat_statements',
  labels: ['user', 'datname', 'queryid'],
  columns: [
    { name: 'calls_total', type: 'counter', help: 'Executions' },
    { name: 'seconds_total', type: 'counter', help: 'Seconds spent executing' },
    { name: 'rows_total', type: 'counter', help: 'Rows returned or changed' },
    {
      name: 'block_read_seconds_total',
      type: 'counter',
      help: 'Seconds spent reading blocks (track_io_timing)',
    },
    {
      name: 'block_write_seconds_total',
      type: 'counter',
      help: 'Seconds spent writing blocks (track_io_timing)',
    },
    { name: 'temp_blocks_written_total', type: 'counter', help: 'Temporary blocks written' },
    { name: 'wal_bytes_total', type: 'counter', help: 'Bytes of WAL written' },
  ],
  text: ({ major, extensions }) => {
    const schema = extensions['pg_stat_statements']
    if (schema === undefined) return undefined
    const block = major >= 17 ? 'shared_blk' : 'blk'
    // showtext => false: the texts, which may be many megabytes, are not even read
    return `select pg_get_userbyid(s.userid) as "user", d.datname, s.queryid, sum(s.calls) as calls_total,
        sum(s.total_exec_time) / 1000 as seconds_total, sum(s.rows) as rows_total,
        sum(s.${block}_read_time) / 1000 as block_read_seconds_total, sum(s.${block}_write_time) / 1000 as block_write_seconds_total,
        sum(s.temp_blks_written) as temp_blocks_written_total, sum(s.wal_bytes) as wal_bytes_total
      from ${schema}.pg_stat_statements(false) s join pg_database d on d.oid = s.dbid
      where s.queryid is not null group by 1, 2, 3 order by 5 desc limit 100`
  },
}
