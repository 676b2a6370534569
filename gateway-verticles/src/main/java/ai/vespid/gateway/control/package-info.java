/**
 * The control plane's HTTP interface on port 3001: identity, organizations, members and executors.
 * It owns users, organizations, sessions and executor tokens, all of them in PostgreSQL; a request
 * holds nothing in memory beyond its answer. After a restart everything is as before, except that
 * the rate limits start full.
 */
package ai.vespid.gateway.control;
