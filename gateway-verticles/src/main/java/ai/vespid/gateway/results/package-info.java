/**
 * The result store: terminal results by request id, in memory, in Redis, and for durable dispatches
 * in PostgreSQL; the first write wins.
 *
 * <p>After a restart memory is empty; Redis and PostgreSQL answer. Losing Redis costs results of
 * synchronous dispatches that this process did not see.
 */
package ai.vespid.gateway.results;
