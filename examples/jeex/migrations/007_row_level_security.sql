-- The owner of the tables passes, for migrations and functions; the application is never the owner.
alter table projects enable row level security;
alter table document_versions enable row level security;
alter table agent_executions enable row level security;
alter table exports enable row level security;
alter table audit_log enable row level security;

-- `(select ...)` has it asked once for each statement, not for each row
create policy own on projects using (owner_id = (select acting_user from acting()));
create policy entered on document_versions using (project_id = (select acting_project from acting()));
create policy entered on agent_executions using (project_id = (select acting_project from acting()));
create policy entered on exports using (project_id = (select acting_project from acting()));

-- read only: rows come from `enter` and from the triggers
create policy entered on audit_log for select using (project_id = (select acting_project from acting()));

-- reports are about all projects
create policy reports on projects for select to jeex_readonly using (true);
create policy reports on document_versions for select to jeex_readonly using (true);
create policy reports on agent_executions for select to jeex_readonly using (true);
create policy reports on exports for select to jeex_readonly using (true);
create policy reports on audit_log for select to jeex_readonly using (true);
