-- Who may come in: people, their organizations, and executors.
--
-- Three roles without login, created once per server; the program's login is a member of them and
-- takes one on per connection. None owns a table, so row-level security binds all of them:
--   vespid_tenant    one organization at a time, named by app.current_org_id
--   vespid_gateway   work of all organizations, only the few tables that routing needs
--   vespid_identity  people and their sessions, before an organization is known
do $$
declare
  wanted text;
  -- Since PostgreSQL 16 a role's creator administers it but may not take it on.
  needed constant text :=
    case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end;
begin
  foreach wanted in array array['vespid_tenant', 'vespid_gateway', 'vespid_identity'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin', wanted);
      exception
        -- Another database of the same server was migrated at the same moment.
        when duplicate_object or unique_violation then null;
      end;
    end if;
    if not pg_has_role(current_user, wanted, needed) then
      execute format('grant %I to %I', wanted, current_user);
    end if;
  end loop;
end
$$;

create schema app;

create function app.current_org_uuid() returns uuid language sql stable parallel safe
  return nullif(current_setting('app.current_org_id', true), '')::uuid;

create function app.current_user_uuid() returns uuid language sql stable parallel safe
  return nullif(current_setting('app.current_user_id', true), '')::uuid;

grant usage on schema public, app to vespid_tenant, vespid_gateway, vespid_identity;

create table roles (
  key text primary key,
  name text not null,
  created_at timestamptz not null default now()
);
insert into roles (key, name) values ('owner', 'Owner'), ('admin', 'Admin'), ('member', 'Member');

create table users (
  id uuid primary key default gen_random_uuid(),
  email text not null,
  password_hash text not null,
  display_name text,
  created_at timestamptz not null default now()
);
create unique index users_email_key on users (lower(email));

create table organizations (
  id uuid primary key default gen_random_uuid(),
  slug text not null unique,
  name text not null,
  settings jsonb not null default '{}',
  created_at timestamptz not null default now()
);

create table memberships (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  user_id uuid not null references users on delete cascade,
  role_key text not null references roles,
  created_at timestamptz not null default now(),
  unique (organization_id, user_id)
);
create index memberships_user on memberships (user_id);

-- The token itself is shown once; what is kept is its hash. One pending invitation per address.
create table organization_invitations (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  email text not null,
  role_key text not null references roles,
  invited_by_user_id uuid references users on delete set null,
  token_hash text not null unique,
  status text not null default 'pending' check (status in ('pending', 'accepted', 'replaced')),
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);
create unique index organization_invitations_pending
  on organization_invitations (organization_id, lower(email)) where status = 'pending';

create table auth_sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users on delete cascade,
  refresh_token_hash text not null unique,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  user_agent text,
  ip text,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now()
);
create index auth_sessions_user on auth_sessions (user_id);

create table organization_executors (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  name text not null,
  token_hash text not null unique,
  revoked_at timestamptz,
  last_seen_at timestamptz,
  agent_version text,
  capabilities jsonb not null default '{}',
  labels text[] not null default '{}',
  created_by_user_id uuid references users on delete set null,
  created_at timestamptz not null default now()
);
create index organization_executors_org on organization_executors (organization_id, created_at);
create index organization_executors_labels on organization_executors using gin (labels);
create index organization_executors_revoked
  on organization_executors (revoked_at) where revoked_at is not null;

create table executor_pairing_tokens (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  token_hash text not null unique,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_by_user_id uuid references users on delete set null,
  created_at timestamptz not null default now()
);
create index executor_pairing_tokens_org on executor_pairing_tokens (organization_id, created_at);

-- Ours, shared by all organizations: no tenant column, no tenant access.
create table managed_executors (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  token_hash text unique,
  revoked_at timestamptz,
  last_seen_at timestamptz,
  max_in_flight int not null default 50 check (max_in_flight between 1 and 200),
  enabled boolean not null default true,
  drain boolean not null default false,
  runtime_class text not null default 'container',
  region text,
  labels text[] not null default '{}',
  capabilities jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index managed_executors_seen on managed_executors (revoked_at, last_seen_at);
create index managed_executors_labels on managed_executors using gin (labels);

-- Row-level security: forced, so that it also binds a login that owns the tables.
alter table users enable row level security, force row level security;
alter table auth_sessions enable row level security, force row level security;
alter table organizations enable row level security, force row level security;
alter table memberships enable row level security, force row level security;
alter table organization_invitations enable row level security, force row level security;
alter table organization_executors enable row level security, force row level security;
alter table executor_pairing_tokens enable row level security, force row level security;
alter table managed_executors enable row level security, force row level security;

create policy tenant on organizations to vespid_tenant
  using (id = app.current_org_uuid()) with check (id = app.current_org_uuid());
create policy tenant on memberships to vespid_tenant
  using (organization_id = app.current_org_uuid())
  with check (organization_id = app.current_org_uuid());
create policy tenant on organization_invitations to vespid_tenant
  using (organization_id = app.current_org_uuid())
  with check (organization_id = app.current_org_uuid());
create policy tenant on organization_executors to vespid_tenant
  using (organization_id = app.current_org_uuid())
  with check (organization_id = app.current_org_uuid());
create policy tenant on executor_pairing_tokens to vespid_tenant
  using (organization_id = app.current_org_uuid())
  with check (organization_id = app.current_org_uuid());
-- An organization sees who its members are, and nobody else.
create policy members on users for select to vespid_tenant
  using (exists (select from memberships m
    where m.user_id = users.id and m.organization_id = app.current_org_uuid()));

grant select on roles to vespid_tenant;
grant select (id, email, display_name, created_at) on users to vespid_tenant;
grant select, insert, update on organizations to vespid_tenant;
grant select, insert, update, delete on memberships to vespid_tenant;
grant select, insert, update on organization_invitations to vespid_tenant;
grant select, insert, update, delete on organization_executors to vespid_tenant;
grant select, insert, update on executor_pairing_tokens to vespid_tenant;

create policy everyone on users to vespid_identity using (true) with check (true);
create policy everyone on auth_sessions to vespid_identity using (true) with check (true);
create policy everyone on managed_executors to vespid_identity using (true) with check (true);
-- A person sees where they are a member, whichever organization that is.
create policy own on memberships for select to vespid_identity
  using (user_id = app.current_user_uuid());
create policy own on organizations for select to vespid_identity
  using (exists (select from memberships m
    where m.organization_id = organizations.id and m.user_id = app.current_user_uuid()));

grant select, insert, update on users to vespid_identity;
grant select, insert, update, delete on auth_sessions to vespid_identity;
grant select, insert, update on managed_executors to vespid_identity;
grant select on memberships to vespid_identity;
grant select (id, slug, name, created_at) on organizations to vespid_identity;

create policy gateway on organizations for select to vespid_gateway using (true);
create policy gateway on organization_executors to vespid_gateway using (true) with check (true);
create policy gateway on managed_executors to vespid_gateway using (true) with check (true);

grant select (id, settings) on organizations to vespid_gateway;
grant select, update (last_seen_at, capabilities) on organization_executors to vespid_gateway;
grant select, update (last_seen_at, capabilities) on managed_executors to vespid_gateway;
