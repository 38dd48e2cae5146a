create table projects (
  id uuid primary key default uuidv7(),
  owner_id uuid not null references users,
  name text not null,
  language text not null check (language ~ '^[a-z]{2,3}(-[A-Z]{2})?$'),
  status text not null default 'draft' check (status in ('draft', 'active', 'finished', 'archived')),
  progress smallint not null default 0 check (progress between 0 and 100),
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);

create index projects_owner on projects (owner_id, created_at);
create index projects_living on projects (status, updated_at) where deleted_at is null;
create index projects_metadata on projects using gin (metadata jsonb_path_ops);

-- the documents of a project are written in its language: another one would be another project
create function refuse_new_language() returns trigger language plpgsql as $$
begin
  raise exception 'the language of a project cannot be changed (% to %)', old.language, new.language
    using errcode = 'check_violation', hint = 'Make a new project in that language.';
end $$;

create trigger refuse_new_language before update on projects for each row
  when (new.language is distinct from old.language) execute function refuse_new_language();
create trigger touch before update on projects for each row execute function touch();
create trigger refuse_delete before delete or truncate on projects for each statement execute function refuse_delete();
