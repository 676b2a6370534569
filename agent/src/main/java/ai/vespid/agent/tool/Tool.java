package ai.vespid.agent.tool;

import ai.vespid.protocol.RawJson;

/**
 * What an engine is told of a tool.
 *
 * @param id {@code skill.<id>} or {@code mcp.<server>.<tool>}
 * @param inputSchema a JSON schema
 */
public record Tool(String id, String description, RawJson inputSchema) {}
