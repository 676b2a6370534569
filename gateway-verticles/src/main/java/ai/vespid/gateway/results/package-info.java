/**
 * The result store: terminal results by request id, in memory, in Redis, and for durable dispatches
 * in PostgreSQL; the first write wins. It also holds the claims that keep two homes from running
 * one id, because claim and result share a key.
 *
 * <p>After a restart memory is empty; Redis and PostgreSQL answer. Losing Redis costs results of
 * synchronous dispatches that this process did not see.
 */
package ai.vespid.gateway.results;
