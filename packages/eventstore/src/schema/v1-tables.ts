/**
 * Positions come from a sequence, so that appends do not wait for each other; `horizon` says up to where it is safe to
 * read. It starts at 0 as if used once, so that `last_value` is always the last position that was given out.
 * No foreign keys: only the functions below write, and a check per event would cost more than the event's index entry.
 */
export const tables = (es: string): string => `
create sequence ${es}.event_position as bigint minvalue 0 maxvalue 9007199254740991 start with 0 no cycle;
select setval('${es}.event_position', 0, true);

create table ${es}.stream (
  id bigint generated always as identity primary key,
  name text collate "C" not null unique,
  version bigint not null default 0 check (version between 0 and 9007199254740991),
  -- events below this version are gone
  truncated_before bigint not null default 1,
  metadata json,
  created_at timestamptz not null default clock_timestamp(),
  archived_at timestamptz,
  tombstoned_at timestamptz
) with (fillfactor = 70);

create table ${es}.event (
  position bigint primary key,
  stream_id bigint not null,
  version bigint not null,
  id uuid not null,
  schema_version int not null,
  created timestamptz not null default clock_timestamp(),
  type text collate "C" not null,
  -- json and not jsonb: parsing into jsonb is a third of the work of storing an event (measured), and keeps it as it was written
  data json,
  metadata json,
  constraint event_version unique (stream_id, version),
  constraint event_id unique (id)
);

create table ${es}.snapshot (
  stream_id bigint not null,
  name text collate "C" not null,
  state_version int not null,
  version bigint not null,
  state json not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (stream_id, name, state_version)
);

create table ${es}.subscription (
  name text collate "C" not null,
  partition int not null,
  partitions int not null,
  -- everything up to here has been handled or put into failed_event
  position bigint not null,
  -- of the event that is being retried
  failing bigint,
  attempts int not null default 0,
  retry_at timestamptz,
  error text,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (name, partition)
) with (fillfactor = 50);

create table ${es}.failed_event (
  subscription text collate "C" not null,
  position bigint not null,
  partition int not null,
  stream_id bigint not null,
  attempts int not null,
  error text not null,
  failed_at timestamptz not null default clock_timestamp(),
  -- somebody asked for another attempt
  requested boolean not null default false,
  primary key (subscription, position)
);
`
