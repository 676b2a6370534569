/**
 * Runs of workflows in one thread: the runner's plain classes in any number of worker processes
 * that are killed, stall, stop and come back, a database with the rules of the real one, a gateway
 * and agents that die and lose messages, and a service that counts. A seed is a history.
 *
 * <p>{@link ai.vespid.simulation.runs.RunJudge} says what must hold (check 6 of the plan), {@link
 * ai.vespid.simulation.runs.RunMutant} what is left out to prove that it would be noticed.
 */
package ai.vespid.simulation.runs;
