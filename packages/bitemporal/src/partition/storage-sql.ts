import type { StorageKind, StorageSql } from './history-storage.ts'

/** The interval of a hypertable until `prepare` sets another. */
const defaultDays = 30

/** Of each kind. What is installed was made by it, so what it says never changes. */
export const storageSql: Readonly<Record<StorageKind, StorageSql>> = {
  partitions: {
    kind: 'partitions',
    clause: ' partition by range (recorded_to)',
    after: (history) => `-- takes what no partition is made for, so that a change never fails for want of one
create table ${history}_default partition of ${history} default;`,
  },
  hypertable: {
    kind: 'hypertable',
    clause: '',
    // in whatever schema the extension is; the index that it would add is of no use to the questions asked here
    after: (history) => `do $timescale$ begin
  execute (select format('select %I.create_hypertable(%L, %L, chunk_time_interval => %L::interval, create_default_indexes => false)',
    extnamespace::regnamespace::text, '${history}', 'recorded_to', '${defaultDays} days')
    from pg_extension where extname = 'timescaledb');
end $timescale$;`,
  },
}
