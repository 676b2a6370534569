/**
 * Fault runs: real processes on this machine, load, one thing that goes wrong, and a check of what
 * everybody saw. {@link ai.vespid.bench.fault.FaultCommand} starts the stores, the gateways and the
 * agents, {@link ai.vespid.bench.fault.Scenario} says what goes wrong, {@link
 * ai.vespid.bench.fault.History} writes down what callers and agents saw, and {@link
 * ai.vespid.bench.fault.HistoryChecker} decides.
 *
 * <p>Callers are virtual threads that block; agents live on one event loop. State lives for one
 * trial only.
 */
package ai.vespid.bench.fault;
