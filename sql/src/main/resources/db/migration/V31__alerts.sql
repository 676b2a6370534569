-- What an organization has to be told because nothing goes on without a person.
create table organization_alerts (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  kind text not null,
  message text not null,
  workflow_id uuid references workflows on delete cascade,
  subscription_id uuid references workflow_trigger_subscriptions on delete set null,
  details json,
  created_at timestamptz not null default now(),
  acknowledged_at timestamptz,
  acknowledged_by_user_id uuid references users on delete set null
);
create index organization_alerts_newest
  on organization_alerts (organization_id, created_at desc, id desc);
create index organization_alerts_open_of_trigger
  on organization_alerts (subscription_id) where acknowledged_at is null;

alter table organization_alerts enable row level security, force row level security;
create policy tenant on organization_alerts to vespid_tenant
  using (organization_id = app.current_org_uuid())
  with check (organization_id = app.current_org_uuid());
create policy worker on organization_alerts to vespid_worker using (true) with check (true);
grant select, update (acknowledged_at, acknowledged_by_user_id) on organization_alerts
  to vespid_tenant;
grant insert on organization_alerts to vespid_worker;
