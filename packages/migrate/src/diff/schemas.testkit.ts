/** Schemas as applications have them, each a step further than the one before; `role` is one of the server. */
export const schemas = (role: string): readonly string[] => [
  '',
  `create extension pgcrypto;
create type mood as enum ('sad', 'ok');
create table users (id bigint generated always as identity primary key, email text not null unique, mood mood not null default 'ok', meta jsonb);
create table projects (id int primary key, owner bigint not null references users (id), name text check (length(name) > 0));
create index on users using gin (meta);
create view owned as select u.email, p.name from users u join projects p on p.owner = u.id;
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger touch before update on users for each row execute function touch();`,
  `create extension pgcrypto;
create extension hstore;
create type mood as enum ('sad', 'ok', 'great');
create schema audit;
create table audit.log (at timestamptz not null default now(), what hstore) partition by range (at);
create table audit.log_2026 partition of audit.log for values from ('2026-01-01') to ('2027-01-01');
create table users (id bigint generated always as identity primary key, email text not null, mood mood not null default 'great', deleted_at timestamptz, "Strange Name" int);
create unique index users_email on users (lower(email)) where deleted_at is null;
create table projects (id bigint primary key, owner bigint not null references users (id) on delete cascade deferrable, name varchar(80) not null, search tsvector generated always as (to_tsvector('english', name)) stored);
create index projects_search on projects using gin (search);
create view owned with (security_barrier) as select u.email, p.name, p.id from users u join projects p on p.owner = u.id;
create materialized view totals as select owner, count(*) as n from projects group by owner;
create function touch() returns trigger language plpgsql security definer as $$ begin new.deleted_at := null; return new; end $$;
create trigger touch before insert or update of email on users for each row when (new.email is not null) execute function touch();
create domain positive as int check (value > 0);
alter table users enable row level security;
create policy mine on users for select to ${role} using (email = current_user);
grant select, update (email) on users to ${role};
grant usage on schema audit to ${role};
comment on table users is 'who';`,
  `create table projects (id bigint, name text, kind text default 'x' not null, primary key (id, kind));
create function kinds(text, int default 1) returns setof text language sql stable as $$ select kind from projects where name = $1 $$;
create procedure tidy() language sql begin atomic delete from projects; end;`,
]
