-- Where an executor of an organization is connected, or was last, and how that ended; and what
-- happened to its connections. That a link was lost and that a process died are different facts:
-- which it was shows when it comes back, by the name of its process.
create table executor_presence (
  executor_id uuid primary key references organization_executors on delete cascade,
  organization_id uuid not null references organizations on delete cascade,
  connection_id text not null,
  node text not null,
  remote_address text,
  version text,
  boot_id text,
  features text[] not null default '{}',
  connected_at timestamptz not null,
  ended_at timestamptz,
  ended_how text
);

create table executor_events (
  id uuid primary key default gen_random_uuid(),
  executor_id uuid not null references organization_executors on delete cascade,
  organization_id uuid not null references organizations on delete cascade,
  at timestamptz not null,
  kind text not null,
  detail text
);
create index executor_events_newest on executor_events (executor_id, at desc, id desc);
create index executor_events_oldest on executor_events (at);

alter table executor_presence enable row level security, force row level security;
alter table executor_events enable row level security, force row level security;
create policy tenant on executor_presence to vespid_tenant
  using (organization_id = app.current_org_uuid());
create policy tenant on executor_events to vespid_tenant
  using (organization_id = app.current_org_uuid());
create policy gateway on executor_presence to vespid_gateway using (true) with check (true);
create policy gateway on executor_events to vespid_gateway using (true) with check (true);
create policy upkeep on executor_events to vespid_upkeep using (true);
grant select on executor_presence, executor_events to vespid_tenant;
grant select, insert, update on executor_presence to vespid_gateway;
grant select, insert on executor_events to vespid_gateway;
grant select (id, at), update (id), delete on executor_events to vespid_upkeep;
