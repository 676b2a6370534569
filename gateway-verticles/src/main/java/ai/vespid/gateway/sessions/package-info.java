/**
 * Interactive sessions: each has one home that stores what is said in it and runs its turns, one at
 * a time, on the host it is pinned to. The home owns a session by an epoch and a lease in its row
 * and fences itself when it could not renew the lease. All that matters is in the events: whoever
 * claims the session next goes on at the last one.
 */
package ai.vespid.gateway.sessions;
