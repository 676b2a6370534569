/**
 * The session registry: which executor is connected where, as this node knows it. Edges announce,
 * routers on the node are told of every change, people ask for lists. It also keeps {@code
 * last_seen_at} true, in groups, because a row per heartbeat would be the busiest write of all.
 *
 * <p>After a restart it is empty and filled again as agents say hello.
 */
package ai.vespid.gateway.registry;
