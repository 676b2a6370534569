/**
 * The whole system in one thread: the plain classes of any number of gateways and agents in thin
 * shells, each gateway with its own view of the cluster, callers, database and Redis, under a
 * seeded scheduler, clock and network, with faults. A seed is a run.
 *
 * <p>{@link ai.vespid.simulation.History} holds what was seen, {@link ai.vespid.simulation.Checker}
 * what must hold; {@link ai.vespid.simulation.Mutant} lists what is left out to prove that the
 * simulator would notice.
 */
package ai.vespid.simulation;
