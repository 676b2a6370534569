/**
 * The sockets of people who look at sessions, {@code /ws/client}. It holds nothing that is not in
 * the tables: which viewer has seen what, until the socket closes. After a restart viewers come
 * back and say what they saw last.
 */
package ai.vespid.gateway.viewers;
