-- Wishes that what people edited in gateways' folders be taken over, and what came of them. A
-- gateway claims what is queued, and what another one did not finish in its lease.
create table agent_memory_sync_jobs (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  session_id uuid,
  session_key text, -- null means all that the organization remembers
  provider text not null check (provider in ('builtin', 'qmd')),
  reason text,
  status text not null default 'queued'
    check (status in ('queued', 'running', 'succeeded', 'failed')),
  details json,
  error text,
  created_by_user_id uuid references users on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  finished_at timestamptz,
  epoch int not null default 0, -- counts claims; what an older claim writes is refused
  lease_until timestamptz
);
create index agent_memory_sync_jobs_open
  on agent_memory_sync_jobs (created_at) where status in ('queued', 'running');
create index agent_memory_sync_jobs_organization
  on agent_memory_sync_jobs (organization_id, created_at);

alter table agent_memory_sync_jobs enable row level security, force row level security;
create policy tenant on agent_memory_sync_jobs to vespid_tenant
  using (organization_id = app.current_org_uuid())
  with check (organization_id = app.current_org_uuid());
create policy gateway on agent_memory_sync_jobs to vespid_gateway using (true) with check (true);
grant select, insert, delete on agent_memory_sync_jobs to vespid_tenant;
grant select, update on agent_memory_sync_jobs to vespid_gateway;
