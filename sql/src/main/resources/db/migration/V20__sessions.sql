-- Interactive sessions: what was said in them, who decides about them, and which agent a new one
-- is bound to.

-- Its events are appended by the owner of the current epoch and by nobody else. Who owns it keeps a
-- lease; another one may claim it when the lease is over or was given back.
create table agent_sessions (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  created_by_user_id uuid references users on delete set null,
  session_key text not null,
  scope text not null check (scope in
    ('main', 'per-peer', 'per-channel-peer', 'per-account-channel-peer')),
  title text,
  status text not null default 'active' check (status in ('active', 'archived')),
  pinned_executor_id uuid,
  pinned_executor_pool text check (pinned_executor_pool in ('byon', 'managed')),
  routed_agent_id uuid,
  binding_id uuid,
  executor_selector json,
  engine_id text not null,
  llm_model text,
  llm_secret_id uuid,
  toolset_id text,
  tools_allow text[] not null default '{}',
  limits json not null,
  prompt_system text,
  prompt_instructions text not null,
  reset_policy_snapshot json,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  last_activity_at timestamptz not null default now(),
  next_seq bigint not null default 0, -- of the event to come
  history_from_seq bigint not null default 0, -- engines are told nothing before it
  open_turns int not null default 0, -- messages whose turn has not ended
  epoch int not null default 0, -- counts claims; what an older owner writes is refused
  owner text, -- who decides about it just now
  lease_until timestamptz,
  unique (organization_id, session_key)
);
create index agent_sessions_newest
  on agent_sessions (organization_id, updated_at desc, id desc);
create index agent_sessions_open on agent_sessions (id) where open_turns > 0;

-- Numbered from 0 without gaps in each session. turn_seq is the message that an event belongs to.
create table agent_session_events (
  session_id uuid not null references agent_sessions on delete cascade,
  seq bigint not null,
  id uuid not null default gen_random_uuid(),
  organization_id uuid not null,
  event_type text not null,
  level text not null check (level in ('info', 'warn', 'error')),
  idempotency_key text,
  payload json,
  user_id uuid,
  turn_seq bigint,
  ends_turn boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (session_id, seq)
);
create unique index agent_session_events_key
  on agent_session_events (session_id, idempotency_key) where idempotency_key is not null;
-- A turn ends once, whatever its owners do.
create unique index agent_session_events_end
  on agent_session_events (session_id, turn_seq) where ends_turn;

-- Which executor's sessions a conversation belongs to, by where it came from. No reference: an
-- executor may be revoked and its row go, and a binding must not stand in the way (defect E14).
create table agent_bindings (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  agent_id uuid not null,
  priority int not null default 0 check (priority between -1000 and 1000),
  dimension text not null check (dimension in ('peer', 'parent_peer', 'org_roles',
    'organization', 'team', 'account', 'channel', 'default')),
  match json not null,
  metadata json,
  created_by_user_id uuid references users on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index agent_bindings_organization on agent_bindings (organization_id);

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['agent_sessions', 'agent_session_events',
      'agent_bindings'] loop
    execute format('alter table %I enable row level security, force row level security',
      tenant_table);
    execute format('create policy tenant on %I to vespid_tenant
      using (organization_id = app.current_org_uuid())
      with check (organization_id = app.current_org_uuid())', tenant_table);
  end loop;
  foreach tenant_table in array array['agent_sessions', 'agent_session_events'] loop
    execute format('create policy gateway on %I to vespid_gateway using (true) with check (true)',
      tenant_table);
  end loop;
end
$$;

-- A tenant makes sessions and reads them; what happens in them is their owner's to write.
grant select on agent_sessions to vespid_tenant;
grant insert (id, organization_id, created_by_user_id, session_key, scope, title, routed_agent_id,
    binding_id, executor_selector, engine_id, llm_model, llm_secret_id, toolset_id, tools_allow,
    limits, prompt_system, prompt_instructions, reset_policy_snapshot, next_seq)
  on agent_sessions to vespid_tenant;
grant select, insert on agent_session_events to vespid_tenant;
grant select, insert, update, delete on agent_bindings to vespid_tenant;

grant select, update on agent_sessions to vespid_gateway;
grant select, insert on agent_session_events to vespid_gateway;
