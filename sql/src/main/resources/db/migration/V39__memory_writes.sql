-- By what the newest writes of a document are known, newest first: one that is asked for again, because
-- whoever asked died before it had the answer, is not done twice.
alter table agent_memory_documents add column writes text[] not null default '{}';
