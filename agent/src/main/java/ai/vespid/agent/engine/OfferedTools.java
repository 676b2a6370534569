package ai.vespid.agent.engine;

import ai.vespid.agent.tool.ToolServer;
import java.util.Map;
import java.util.Optional;

/**
 * Tools of this agent that an engine may use besides its own, behind an MCP server. The token stays
 * out of {@link #toString()}.
 *
 * @param ids of the tools, by the names the server has for them
 */
public record OfferedTools(String url, String token, Map<String, String> ids) {
  /** None. */
  public static final OfferedTools NONE = new OfferedTools(null, null, Map.of());

  private static final String IN_CLAUDE = "mcp__" + ToolServer.NAME + "__";
  private static final String IN_OPENCODE = ToolServer.NAME + "_";

  public OfferedTools {
    ids = Map.copyOf(ids);
  }

  public static OfferedTools of(ToolServer server) {
    return new OfferedTools(server.url(), server.token(), server.ids());
  }

  boolean none() {
    return ids.isEmpty();
  }

  /** Our id of a tool by whatever an engine calls it; empty for one of its own. */
  Optional<String> idOf(String name) {
    for (var prefix : new String[] {IN_CLAUDE, IN_OPENCODE}) {
      if (name.startsWith(prefix)) {
        return Optional.ofNullable(ids.get(name.substring(prefix.length())));
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return "OfferedTools" + ids.values();
  }
}
