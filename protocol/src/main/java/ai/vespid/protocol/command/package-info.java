/**
 * What operators may have an agent do besides running tasks: the catalogue of commands with their
 * arguments, which control plane and agent both check, and the one result each of them ends with
 * (seeds 002 and 003).
 */
package ai.vespid.protocol.command;
