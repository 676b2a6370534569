/**
 * Interactive sessions in one thread: their owners and their viewers' edges in any number of
 * gateways that are killed, stall, stop and lose sight of each other, a database with the rules of
 * the real one, hosts that come and go, and people who say things twice, cancel, and lose their
 * connections. A seed is a history.
 *
 * <p>{@link ai.vespid.simulation.sessions.SessionJudge} says what must hold (check 5 of the plan),
 * {@link ai.vespid.simulation.sessions.SessionMutant} what is left out to prove that it would be
 * noticed.
 */
package ai.vespid.simulation.sessions;
