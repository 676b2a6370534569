-- Which process of the executor was given the dispatch: after a restart the router can tell an
-- agent that never got it from one that died with it.
ALTER TABLE dispatches ADD COLUMN boot_id text;
