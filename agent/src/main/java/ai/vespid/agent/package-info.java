/**
 * The node agent, a program of its own. {@link ai.vespid.agent.Agent} puts its parts together: the
 * link to the gateway, the work table with its journal, and the runner of tasks with its sandboxes,
 * connectors and workspaces.
 *
 * <p>After a restart the journal's results are sent again; work that was running is lost, and the
 * gateway decides by its effect class what that means.
 */
package ai.vespid.agent;
