/**
 * Commands: what operators have the agent do besides running tasks. One {@link
 * ai.vespid.agent.command.CommandDesk} carries out all of them, whichever way they came in, and
 * ends each with one result.
 */
package ai.vespid.agent.command;
