-- without references: what was done to a row is told for longer than the row exists
create table audit_log (
  id uuid primary key default uuidv7(),
  at timestamptz not null default clock_timestamp(),
  xact xid8 not null default pg_current_xact_id(),
  -- who logged in, also where a function runs with the rights of its owner
  role name not null default session_user,
  user_id uuid,
  project_id uuid,
  action text not null check (action in ('enter', 'insert', 'update', 'delete')),
  purpose text,
  table_name name,
  row_id uuid,
  columns text[]
);

create index audit_log_project on audit_log (project_id, at);
create index audit_log_row on audit_log (row_id, at) where row_id is not null;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is only added to' using errcode = 'restrict_violation';
end $$;

create trigger refuse_change before update or delete or truncate on audit_log
  for each statement execute function refuse_change();

-- Opens a project, or with null only what belongs to the user himself, until the end of the transaction. The row it writes is
-- the key: policies ask for it, so the application reads nothing without it. Rolled back, both are gone. Returns its id.
create function enter(acting_user uuid, acting_project uuid, what_for text) returns uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  entry uuid;
begin
  perform from users where id = acting_user and deleted_at is null;
  if not found then
    raise exception 'there is no such user' using errcode = 'insufficient_privilege';
  end if;
  if acting_project is not null then
    perform from projects where id = acting_project and owner_id = acting_user and deleted_at is null;
    if not found then
      raise exception 'the user has no such project' using errcode = 'insufficient_privilege';
    end if;
  end if;
  insert into audit_log (user_id, project_id, action, purpose) values (acting_user, acting_project, 'enter', what_for)
    returning id into entry;
  perform set_config('jeex.entry', entry::text, true);
  return entry;
end $$;

-- Of the row that `enter` wrote in this transaction. A setting that somebody made up leads to no row.
create function acting(out acting_user uuid, out acting_project uuid)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select user_id, project_id from audit_log
  where id = nullif(current_setting('jeex.entry', true), '')::uuid and action = 'enter'
    and xact = pg_current_xact_id_if_assigned()
$$;

create function audit() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  after jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  subject jsonb := coalesce(after, before);
begin
  insert into audit_log (user_id, project_id, action, table_name, row_id, columns)
  values (
    (acting()).acting_user,
    case tg_table_name when 'projects' then subject ->> 'id' else subject ->> 'project_id' end::uuid,
    lower(tg_op),
    tg_table_name,
    (subject ->> 'id')::uuid,
    -- names and no values: the log is kept for longer, and read by more people, than the data
    case when tg_op = 'UPDATE' then
      array(select key from jsonb_each(after) where value is distinct from before -> key order by key) end
  );
  return null;
end $$;

create trigger audit after insert or update or delete on users for each row execute function audit();
create trigger audit after insert or update or delete on projects for each row execute function audit();
create trigger audit after insert or update or delete on document_versions for each row execute function audit();
create trigger audit after insert or update or delete on agent_executions for each row execute function audit();
create trigger audit after insert or update or delete on exports for each row execute function audit();
