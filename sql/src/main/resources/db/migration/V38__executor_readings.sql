-- How executors and their machines were, as they measured it: the last reading of each, and the
-- first of every five minutes for those who ask how it was.
create table executor_readings_last (
  executor_id uuid primary key references organization_executors on delete cascade,
  organization_id uuid not null references organizations on delete cascade,
  at timestamptz not null,
  reading json not null
) with (fillfactor = 50);

create table executor_readings (
  executor_id uuid not null references organization_executors on delete cascade,
  organization_id uuid not null references organizations on delete cascade,
  slot timestamptz not null,
  at timestamptz not null,
  reading json not null,
  primary key (executor_id, slot)
);
create index executor_readings_oldest on executor_readings (slot);

alter table executor_readings_last enable row level security, force row level security;
alter table executor_readings enable row level security, force row level security;
create policy tenant on executor_readings_last to vespid_tenant
  using (organization_id = app.current_org_uuid());
create policy tenant on executor_readings to vespid_tenant
  using (organization_id = app.current_org_uuid());
create policy gateway on executor_readings_last to vespid_gateway using (true) with check (true);
create policy gateway on executor_readings to vespid_gateway using (true) with check (true);
create policy upkeep on executor_readings to vespid_upkeep using (true);
grant select on executor_readings_last, executor_readings to vespid_tenant;
grant select, insert, update on executor_readings_last to vespid_gateway;
grant select, insert on executor_readings to vespid_gateway;
grant select (executor_id, slot), update (executor_id), delete on executor_readings to vespid_upkeep;
