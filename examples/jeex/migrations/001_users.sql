create table users (
  id uuid primary key default uuidv7(),
  email text not null check (email like '%_@_%'),
  name text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);

-- one living account for an address, however it is written; that of a deleted account is free again
create unique index users_email on users (lower(email)) where deleted_at is null;

create function touch() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end $$;

create trigger touch before update on users for each row execute function touch();

create function refuse_delete() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are not deleted', tg_table_name
    using errcode = 'restrict_violation', hint = 'Set deleted_at instead: update ... set deleted_at = now()';
end $$;

-- for each statement, so that it is refused whether or not the policies show a row
create trigger refuse_delete before delete or truncate on users for each statement execute function refuse_delete();
