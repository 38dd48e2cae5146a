create table document_versions (
  id uuid primary key default uuidv7(),
  project_id uuid not null references projects,
  kind text not null,
  version int not null check (version > 0),
  title text not null,
  content text not null,
  readability numeric(5, 2) check (readability between 0 and 100),
  grammar numeric(5, 2) check (grammar between 0 and 100),
  created_by uuid not null references users,
  created_at timestamptz not null default now(),
  -- 'simple' takes words as they are: projects have any language, and a stored column knows only one configuration
  search tsvector not null generated always as (
    setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', content), 'B')) stored,
  unique (project_id, kind, version),
  -- for references that must stay within the project
  unique (project_id, id)
);

create index document_versions_created_by on document_versions (created_by);
create index document_versions_search on document_versions using gin (search);
