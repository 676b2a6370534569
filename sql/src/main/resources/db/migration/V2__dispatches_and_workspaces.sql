-- Accepted work with its one terminal result, and the files a run leaves behind.

create table dispatches (
  request_id text primary key,
  organization_id uuid not null,
  state smallint not null default 0 check (state in (0, 1)), -- 0 open, 1 terminal
  epoch int not null default 0,
  executor_id uuid,
  spec bytea not null, -- JSON of the dispatch without its secret; emptied when terminal
  sealed_secret bytea,
  queue_key text not null,
  accepted_at timestamptz not null default now(),
  deadline_at timestamptz not null,
  finished_at timestamptz,
  status text,
  output bytea,
  error text,
  workspace bytea,
  expires_at timestamptz
);
create index dispatches_open on dispatches (queue_key) where state = 0;
create index dispatches_expiring on dispatches (expires_at) where state = 1;

create table execution_workspaces (
  id uuid primary key,
  organization_id uuid not null,
  owner_type text not null,
  owner_id uuid not null,
  current_version bigint not null default 0,
  current_object_key text,
  current_etag text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, owner_type, owner_id)
);

-- The bytes of one object in pieces, for installations without an object store.
create table workspace_objects (
  object_key text,
  ordinal int,
  organization_id uuid not null,
  bytes bytea not null,
  created_at timestamptz not null default now(),
  primary key (object_key, ordinal)
);

alter table dispatches enable row level security, force row level security;
alter table execution_workspaces enable row level security, force row level security;
alter table workspace_objects enable row level security, force row level security;

create policy tenant on dispatches to vespid_tenant
  using (organization_id = app.current_org_uuid())
  with check (organization_id = app.current_org_uuid());
create policy tenant on execution_workspaces to vespid_tenant
  using (organization_id = app.current_org_uuid())
  with check (organization_id = app.current_org_uuid());
create policy tenant on workspace_objects to vespid_tenant
  using (organization_id = app.current_org_uuid())
  with check (organization_id = app.current_org_uuid());

-- A tenant may look at its own work, not at what was sealed for the executor.
grant select (request_id, organization_id, state, epoch, executor_id, accepted_at, deadline_at,
  finished_at, status, output, error, workspace, expires_at) on dispatches to vespid_tenant;
grant select on execution_workspaces to vespid_tenant;

create policy gateway on dispatches to vespid_gateway using (true) with check (true);
create policy gateway on execution_workspaces to vespid_gateway using (true) with check (true);
create policy gateway on workspace_objects to vespid_gateway using (true) with check (true);

grant select, insert, update, delete on dispatches, execution_workspaces, workspace_objects
  to vespid_gateway;
