-- What an organization allows its workflows' nodes to do (contract 5.6): the first rule that matches
-- decides, by priority, then age.
create table organization_policy_rules (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  name text not null check (length(name) between 1 and 200),
  enabled boolean not null default true,
  priority int not null default 100,
  effect text not null check (effect in ('allow', 'deny', 'require_approval')),
  scope jsonb not null default '{}' check (jsonb_typeof(scope) = 'object'),
  created_by_user_id uuid references users on delete set null,
  updated_by_user_id uuid references users on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create index organization_policy_rules_order
  on organization_policy_rules (organization_id, enabled, priority, id);

alter table organization_policy_rules enable row level security, force row level security;
create policy tenant on organization_policy_rules to vespid_tenant
  using (organization_id = app.current_org_uuid())
  with check (organization_id = app.current_org_uuid());
create policy worker on organization_policy_rules for select to vespid_worker using (true);
grant select, insert, update, delete on organization_policy_rules to vespid_tenant;
grant select on organization_policy_rules to vespid_worker;
