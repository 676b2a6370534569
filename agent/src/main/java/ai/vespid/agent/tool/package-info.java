/**
 * Tools that an engine may ask for by name, whatever they are made of: skills and the tools of MCP
 * servers. The owner of the machine says which of them may be used at all, the sender of a call
 * which of those it wanted; both lists have to have a tool.
 */
package ai.vespid.agent.tool;
