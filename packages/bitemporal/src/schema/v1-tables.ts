import type { StorageSql } from '../partition/history-storage.ts'
import type { RowShape } from './row-shape.ts'

/**
 * What is known now and what was known before, apart: `current_fact` stays small and is all that most reads need, and
 * `fact_history` only grows. B-trees and a lock of the key's row keep periods of a key apart; a GiST index that did it
 * would make bulk loading 3 to 5 times slower and changes 1.2 to 1.7 times (measured: stores.md, 2.6), so it is an
 * option (`guardOverlap`).
 */
export const tables = (bt: string, row: RowShape, storage: StorageSql): string => `${row.before}
create table ${bt}.fact_key (
  id bigint generated always as identity primary key,
  predicate text collate "C" not null,
  subject text collate "C" not null,
  -- how many changes there were
  version bigint not null default 0,
  -- of the last change; nothing in fact_history was known after it
  recorded_at timestamptz not null default '-infinity',
  constraint fact_key_name unique (predicate, subject)
) with (fillfactor = 70);
create index fact_key_subject on ${bt}.fact_key (subject);

create table ${bt}.${row.current} (
  key_id bigint not null,
  valid_from timestamptz not null,
  valid_to timestamptz not null,
  recorded_from timestamptz not null,
  ${row.definitions},
  primary key (key_id, valid_from),
  constraint ${row.current}_valid check (valid_from < valid_to)
) with (fillfactor = 90);

create table ${bt}.${row.history} (
  key_id bigint not null,
  valid_from timestamptz not null,
  valid_to timestamptz not null,
  recorded_from timestamptz not null,
  recorded_to timestamptz not null,
  ${row.definitions}
)${storage.clause};
create index ${row.history}_key on ${bt}.${row.history} (key_id, recorded_to);
${storage.after(`${bt}.${row.history}`)}

-- the partitions beside it, each for what was known until some time of its period
create table ${bt}.fact_partition (
  name text primary key,
  recorded_from timestamptz not null,
  recorded_to timestamptz not null,
  compacted_at timestamptz
);

-- the clock of recorded time
create function ${bt}.clock() returns timestamptz language sql volatile as 'select clock_timestamp()';
${row.after}`
