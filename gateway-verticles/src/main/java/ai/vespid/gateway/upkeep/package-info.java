/**
 * Upkeep: deletes what has expired and nobody asks for any more. Logins, pairing tokens,
 * invitations, the files of runs that newer ones took the place of, and runs of workflows that
 * ended long ago. Results are deleted by their routers.
 *
 * <p>Holds no state. Every node may run it; the one that has the database's lock works.
 */
package ai.vespid.gateway.upkeep;
