/**
 * MCP servers of this machine: programs that are started here, and addresses that are called, as
 * the file of {@code VESPID_AGENT_MCP_CONFIG} names them. Their tools are tools of the agent. The
 * protocol itself is the official SDK's.
 */
package ai.vespid.agent.mcp;
