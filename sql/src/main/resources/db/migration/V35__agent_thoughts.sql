-- What an agent of a run has thought and what its tools answered, each committed before it counts:
-- whoever takes the run over goes on at the last one. It goes when its node ends.
create table workflow_agent_thoughts (
  run_id uuid not null references workflow_runs on delete cascade,
  node_id text not null,
  attempt int not null,
  thinker text not null, -- the node itself, or who it delegated to
  seq int not null, -- from 0 without gaps for each thinker
  organization_id uuid not null,
  thought json not null,
  created_at timestamptz not null default now(),
  primary key (run_id, node_id, attempt, thinker, seq)
);

alter table workflow_agent_thoughts enable row level security, force row level security;
create policy tenant on workflow_agent_thoughts to vespid_tenant
  using (organization_id = app.current_org_uuid())
  with check (organization_id = app.current_org_uuid());
create policy worker on workflow_agent_thoughts to vespid_worker using (true) with check (true);
grant select on workflow_agent_thoughts to vespid_tenant;
grant select, insert, delete on workflow_agent_thoughts to vespid_worker;
