-- Dispatches whose run was ended while they were under way: written with that step, deleted when the
-- gateway has heard that nobody wants them any more.
create table workflow_unwanted_dispatches (
  request_id text primary key,
  organization_id uuid not null references organizations on delete cascade,
  created_at timestamptz not null default now()
);
create index workflow_unwanted_dispatches_oldest
  on workflow_unwanted_dispatches (created_at, request_id);

alter table workflow_unwanted_dispatches
  enable row level security, force row level security;
create policy tenant on workflow_unwanted_dispatches to vespid_tenant
  using (organization_id = app.current_org_uuid())
  with check (organization_id = app.current_org_uuid());
create policy worker on workflow_unwanted_dispatches to vespid_worker
  using (true) with check (true);
grant select on workflow_unwanted_dispatches to vespid_tenant;
grant select, insert, delete on workflow_unwanted_dispatches to vespid_worker;
