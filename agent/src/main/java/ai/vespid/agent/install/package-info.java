/**
 * Brings the agent to another machine over SSH: checks who that machine is, carries the archive
 * there, and lets the script in it install, verify and, when it does not come to work, take back.
 * Holds nothing but one connection for the time of one command.
 */
package ai.vespid.agent.install;
