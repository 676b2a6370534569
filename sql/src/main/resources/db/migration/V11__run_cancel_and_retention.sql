-- Somebody wants a run to end; its runner ends it. What is over for long is deleted.
alter table workflow_runs add column cancel_requested_at timestamptz;

create policy upkeep on workflow_runs to vespid_upkeep using (true);
-- "for update skip locked" asks for the right to update: that of the id alone. Nodes, events and
-- approvals go with their run.
grant select (id, finished_at), update (id), delete on workflow_runs to vespid_upkeep;
create index workflow_runs_finished on workflow_runs (finished_at) where finished_at is not null;
