create table agent_executions (
  id uuid primary key default uuidv7(),
  project_id uuid not null references projects,
  correlation_id uuid not null,
  agent text not null,
  status text not null default 'running' check (status in ('running', 'done', 'failed')),
  input jsonb not null,
  output jsonb,
  metrics jsonb not null default '{}' check (jsonb_typeof(metrics) = 'object'),
  started_at timestamptz not null default now(),
  finished_at timestamptz check (finished_at >= started_at),
  check ((status = 'running') = (finished_at is null))
);

create index agent_executions_project on agent_executions (project_id, started_at desc);
create index agent_executions_correlation on agent_executions (correlation_id);
create index agent_executions_running on agent_executions (started_at) where status = 'running';
create index agent_executions_metrics on agent_executions using gin (metrics jsonb_path_ops);
