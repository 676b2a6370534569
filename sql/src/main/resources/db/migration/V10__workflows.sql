-- Workflows, their runs, what starts them, and the secrets they use.
--
-- One more role without login, for runners, continuations and the scheduler, which work for all
-- organizations:
--   vespid_worker    moves runs on; it reads definitions and sealed secrets and starts nothing
do $$
declare
  needed constant text :=
    case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end;
begin
  if not exists (select from pg_roles where rolname = 'vespid_worker') then
    begin
      create role vespid_worker nologin;
    exception
      -- Another database of the same server was migrated at the same moment.
      when duplicate_object or unique_violation then null;
    end;
  end if;
  if not pg_has_role(current_user, 'vespid_worker', needed) then
    execute format('grant vespid_worker to %I', current_user);
  end if;
end
$$;

grant usage on schema public, app to vespid_worker;

-- Values written by people and machines are json, not jsonb: kept byte for byte, and a NUL in a
-- text of theirs stops nothing.

-- A published revision never changes again; its successor is a draft of the same family.
create table workflows (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  family_id uuid not null,
  revision int not null check (revision > 0),
  source_workflow_id uuid references workflows on delete set null,
  name text not null,
  status text not null default 'draft' check (status in ('draft', 'published')),
  version int not null default 1,
  dsl json not null,
  editor_state json,
  created_by_user_id uuid references users on delete set null,
  published_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, family_id, revision)
);
create index workflows_newest on workflows (organization_id, created_at desc, id desc);
create unique index workflows_one_draft on workflows (family_id) where status = 'draft';

create table workflow_runs (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  workflow_id uuid not null references workflows on delete cascade,
  trigger_type text not null,
  trigger_key text,
  trigger_source text not null,
  triggered_at timestamptz not null default now(),
  requested_by_user_id uuid references users on delete set null,
  status text not null default 'queued'
    check (status in ('queued', 'running', 'succeeded', 'failed')),
  attempt_count int not null default 0,
  max_attempts int not null default 3,
  next_attempt_at timestamptz,
  input json,
  output json,
  error text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  epoch int not null default 0, -- counts claims; what an older claim writes is refused
  claim_owner text, -- who moves it on just now
  -- When a runner may take it: now, at the end of its owner's lease, or when the first of what it
  -- waits for runs out. Null when there is nothing left to do.
  due_at timestamptz default now(),
  wake_seq bigint not null default 0, -- counts what came from outside while it was blocked
  event_seq bigint not null default 0, -- of its last event
  cursor json, -- the runner's own notes
  unique (organization_id, workflow_id, trigger_key)
);
create index workflow_runs_due on workflow_runs (due_at) where due_at is not null;
create index workflow_runs_newest on workflow_runs (workflow_id, created_at desc, id desc);
create index workflow_runs_open
  on workflow_runs (organization_id) where status in ('queued', 'running');

-- Where a run is: one row for each node it has come to. Finished ones are never run again.
create table workflow_run_nodes (
  run_id uuid not null references workflow_runs on delete cascade,
  node_id text not null,
  organization_id uuid not null,
  node_type text not null,
  state text not null
    check (state in ('running', 'blocked', 'succeeded', 'failed', 'skipped')),
  attempt int not null,
  kind text, -- what a blocked node waits for: a kind of dispatch, or approval
  request_id text,
  timeout_at timestamptz,
  result json, -- what came for it while blocked and is not applied yet
  output json,
  error text,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (run_id, node_id)
);
create unique index workflow_run_nodes_blocked
  on workflow_run_nodes (request_id) where state = 'blocked';
create index workflow_run_nodes_timeout
  on workflow_run_nodes (timeout_at) where state = 'blocked' and result is null;

-- Numbered from 1 without gaps in each run.
create table workflow_run_events (
  run_id uuid not null references workflow_runs on delete cascade,
  seq bigint not null,
  id uuid not null default gen_random_uuid(),
  organization_id uuid not null,
  workflow_id uuid not null,
  attempt_count int not null,
  event_type text not null,
  node_id text,
  node_type text,
  level text not null check (level in ('info', 'warn', 'error')),
  message text,
  payload json,
  remote_key text, -- tells an event of an executor that was sent twice
  created_at timestamptz not null default now(),
  primary key (run_id, seq)
);
create unique index workflow_run_events_remote
  on workflow_run_events (run_id, remote_key) where remote_key is not null;

create table organization_run_usage_monthly (
  organization_id uuid not null references organizations on delete cascade,
  usage_month text not null check (usage_month ~ '^\d{4}-\d{2}$'),
  run_count int not null default 0,
  primary key (organization_id, usage_month)
);

-- The value under its own data key, the data key under the key kek_id names.
create table connector_secrets (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  connector_id text not null,
  name text not null,
  kek_id text not null,
  wrapped_dek bytea not null,
  ciphertext bytea not null,
  created_by_user_id uuid references users on delete set null,
  updated_by_user_id uuid references users on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, connector_id, name)
);
create index connector_secrets_kek on connector_secrets (kek_id, id);

create table workflow_trigger_subscriptions (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  workflow_id uuid not null references workflows on delete cascade,
  family_id uuid not null,
  workflow_revision int not null,
  requested_by_user_id uuid references users on delete set null,
  trigger_type text not null,
  enabled boolean not null default true,
  cron_expr text,
  heartbeat_interval_sec int,
  heartbeat_jitter_sec int,
  heartbeat_max_skew_sec int,
  webhook_token_hash text unique,
  next_fire_at timestamptz, -- null until the scheduler has seen it
  last_triggered_at timestamptz,
  last_trigger_key text,
  last_error text,
  failure_count int not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, family_id, trigger_type)
);
create index workflow_trigger_subscriptions_due
  on workflow_trigger_subscriptions (next_fire_at nulls first)
  where enabled and trigger_type in ('cron', 'heartbeat');

create table workflow_approval_requests (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  workflow_id uuid not null references workflows on delete cascade,
  run_id uuid not null references workflow_runs on delete cascade,
  node_id text not null,
  node_type text not null,
  request_kind text not null default 'policy',
  status text not null default 'pending'
    check (status in ('pending', 'approved', 'rejected', 'expired')),
  reason text not null,
  context json,
  requested_by_user_id uuid references users on delete set null,
  decided_by_user_id uuid references users on delete set null,
  decision_note text,
  expires_at timestamptz not null,
  decided_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index workflow_approval_requests_newest
  on workflow_approval_requests (organization_id, created_at desc, id desc);
create index workflow_approval_requests_node on workflow_approval_requests (run_id, node_id);
create index workflow_approval_requests_expiring
  on workflow_approval_requests (expires_at) where status = 'pending';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['workflows', 'workflow_runs', 'workflow_run_nodes',
      'workflow_run_events', 'organization_run_usage_monthly', 'connector_secrets',
      'workflow_trigger_subscriptions', 'workflow_approval_requests'] loop
    execute format('alter table %I enable row level security, force row level security',
      tenant_table);
    execute format('create policy tenant on %I to vespid_tenant
      using (organization_id = app.current_org_uuid())
      with check (organization_id = app.current_org_uuid())', tenant_table);
    execute format('create policy worker on %I to vespid_worker using (true) with check (true)',
      tenant_table);
  end loop;
end
$$;

grant select, insert, update on workflows to vespid_tenant;
grant select, insert, update on workflow_runs to vespid_tenant;
grant select, update (result) on workflow_run_nodes to vespid_tenant;
grant select, insert on workflow_run_events to vespid_tenant;
grant select, insert, update on organization_run_usage_monthly to vespid_tenant;
-- A tenant stores and replaces values; it reads none.
grant select (id, organization_id, connector_id, name, kek_id, created_by_user_id,
    updated_by_user_id, created_at, updated_at),
  insert, update, delete on connector_secrets to vespid_tenant;
grant select, insert, update, delete on workflow_trigger_subscriptions to vespid_tenant;
grant select, update on workflow_approval_requests to vespid_tenant;

create policy worker on organizations for select to vespid_worker using (true);
grant select (id, settings) on organizations to vespid_worker;
grant select on workflows to vespid_worker;
grant select, update on workflow_runs to vespid_worker;
grant select, insert, update on workflow_run_nodes to vespid_worker;
grant select, insert on workflow_run_events to vespid_worker;
grant select, update (kek_id, wrapped_dek) on connector_secrets to vespid_worker;
grant select, update on workflow_trigger_subscriptions to vespid_worker;
grant select, insert, update on workflow_approval_requests to vespid_worker;
