create table exports (
  id uuid primary key default uuidv7(),
  project_id uuid not null references projects,
  document_version_id uuid not null,
  format text not null check (format in ('markdown', 'pdf', 'docx', 'zip')),
  manifest jsonb not null check (jsonb_typeof(manifest) = 'object'),
  expires_at timestamptz not null,
  downloads int not null default 0 check (downloads >= 0),
  last_download_at timestamptz,
  created_at timestamptz not null default now(),
  check (expires_at > created_at),
  -- both columns: the server checks references without regard to row-level security
  foreign key (project_id, document_version_id) references document_versions (project_id, id)
);

create index exports_document on exports (project_id, document_version_id);
create index exports_expiry on exports (expires_at);
create index exports_manifest on exports using gin (manifest jsonb_path_ops);
