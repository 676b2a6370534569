/**
 * What people and their tools see of a running agent: a socket in the file system for its own
 * command line, pages for the monitoring of this machine, and its log. Owns no work; when it is
 * lost, the agent goes on.
 */
package ai.vespid.agent.operation;
