package ai.vespid.agent.mcp;

import java.util.List;
import java.util.Map;

/** One server as the file names it, with the variables in it put in. Values may be secret. */
sealed interface McpEntry {
  /** Stands in the ids of its tools. */
  String name();

  /**
   * A program that is started here and spoken to by its standard streams.
   *
   * @param environment all it gets beside what every program needs
   */
  record Stdio(String name, String command, List<String> arguments, Map<String, String> environment)
      implements McpEntry {
    @Override
    public String toString() {
      return "Stdio[" + name + "]";
    }
  }

  /** An address that speaks streamable HTTP. */
  record Http(String name, String url, Map<String, String> headers) implements McpEntry {
    @Override
    public String toString() {
      return "Http[" + name + "]";
    }
  }
}
