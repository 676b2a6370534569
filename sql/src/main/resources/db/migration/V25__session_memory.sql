-- What sessions remember: markdown documents, by the key of the session. They outlive hosts and
-- gateways; a gateway's folder under SESSION_MEMORY_ROOT is a copy that people may edit.

create table agent_memory_documents (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  session_key text not null,
  doc_path text not null,
  content text not null,
  content_hash text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, session_key, doc_path)
);

alter table agent_memory_documents enable row level security, force row level security;
create policy tenant on agent_memory_documents to vespid_tenant
  using (organization_id = app.current_org_uuid())
  with check (organization_id = app.current_org_uuid());
grant select, insert, update, delete on agent_memory_documents to vespid_tenant;
