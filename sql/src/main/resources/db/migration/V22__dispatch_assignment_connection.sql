-- When the connection was made on which an attempt was given: a home that sees an earlier connection of the same
-- process in its half of a split must not conclude from it. NULL: given before this was written.
ALTER TABLE dispatches ADD COLUMN connected_at_ms bigint;
