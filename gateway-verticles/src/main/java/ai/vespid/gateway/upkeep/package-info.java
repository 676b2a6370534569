/**
 * Upkeep: deletes what has expired and nobody asks for any more. Logins, pairing tokens,
 * invitations, and the files of runs that newer ones took the place of. Results are deleted by
 * their routers.
 *
 * <p>Holds no state. Every node may run it; the one that has the database's lock works.
 */
package ai.vespid.gateway.upkeep;
