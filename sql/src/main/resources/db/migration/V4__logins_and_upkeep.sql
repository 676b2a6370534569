-- Logins by a provider, and the role that deletes what has expired.

-- Who came by a provider only has no password.
alter table users alter column password_hash drop not null;

-- A person as a provider knows them: by its own id, never by their e-mail, which may change hands.
create table user_logins (
  provider text not null,
  subject text not null,
  user_id uuid not null references users on delete cascade,
  created_at timestamptz not null default now(),
  primary key (provider, subject)
);
create index user_logins_user on user_logins (user_id);

-- The answer of a provider is taken once. What has expired would be refused anyway.
create table used_login_states (
  state_hash text primary key,
  expires_at timestamptz not null
);

alter table user_logins enable row level security, force row level security;
alter table used_login_states enable row level security, force row level security;
create policy everyone on user_logins to vespid_identity using (true) with check (true);
create policy everyone on used_login_states to vespid_identity using (true) with check (true);
grant select, insert on user_logins to vespid_identity;
grant insert on used_login_states to vespid_identity;

-- A fourth role, as the three of V1: it deletes, and reads only what tells what has expired.
do $$
declare
  needed constant text :=
    case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end;
begin
  if not exists (select from pg_roles where rolname = 'vespid_upkeep') then
    begin
      create role vespid_upkeep nologin;
    exception
      when duplicate_object or unique_violation then null;
    end;
  end if;
  if not pg_has_role(current_user, 'vespid_upkeep', needed) then
    execute format('grant vespid_upkeep to %I', current_user);
  end if;
end
$$;

grant usage on schema public to vespid_upkeep;

create policy upkeep on auth_sessions to vespid_upkeep using (true);
create policy upkeep on executor_pairing_tokens to vespid_upkeep using (true);
create policy upkeep on organization_invitations to vespid_upkeep using (true);
create policy upkeep on used_login_states to vespid_upkeep using (true);
create policy upkeep on execution_workspaces for select to vespid_upkeep using (true);
create policy upkeep on workspace_objects to vespid_upkeep using (true);

-- "for update skip locked" asks for the right to update: that of the id alone.
grant select (id, expires_at, revoked_at), update (id), delete on auth_sessions to vespid_upkeep;
grant select (id, expires_at, used_at), update (id), delete on executor_pairing_tokens
  to vespid_upkeep;
grant select (id, expires_at), update (id), delete on organization_invitations to vespid_upkeep;
grant select (state_hash, expires_at), update (state_hash), delete on used_login_states
  to vespid_upkeep;
grant select (id, current_version, updated_at) on execution_workspaces to vespid_upkeep;
grant select (object_key, ordinal, created_at), update (object_key), delete on workspace_objects
  to vespid_upkeep;

create index auth_sessions_expiring on auth_sessions (least(expires_at, revoked_at));
create index executor_pairing_tokens_expiring
  on executor_pairing_tokens (least(expires_at, used_at));
create index organization_invitations_expiring on organization_invitations (expires_at);
create index used_login_states_expiring on used_login_states (expires_at);
create index workspace_objects_first on workspace_objects (created_at) where ordinal = 0;
