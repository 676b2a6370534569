package ai.vespid.agent.tool;

import java.util.List;
import java.util.Optional;

/**
 * All tools of an agent, as far as its owner lets them be used.
 *
 * @param allow ids; one that ends with {@code *} stands for all that begin so
 */
public record Tools(List<ToolSource> sources, List<String> allow) {
  public Tools {
    sources = List.copyOf(sources);
    allow = List.copyOf(allow);
  }

  /** An agent without any. */
  public static Tools none() {
    return new Tools(List.of(), List.of());
  }

  /** Whether a list has a tool. */
  public static boolean allows(List<String> list, String toolId) {
    return list.stream()
        .anyMatch(entry ->
            entry.endsWith("*")
                ? toolId.startsWith(entry.substring(0, entry.length() - 1))
                : toolId.equals(entry));
  }

  /** Ends what runs for them. */
  public void close() {
    sources.forEach(ToolSource::close);
  }

  /** Where a tool comes from; empty for one of a kind that nobody has. */
  public Optional<ToolSource> source(String toolId) {
    return sources.stream().filter(source -> toolId.startsWith(source.prefix())).findFirst();
  }

  /** Whether the owner of this machine lets it be used. */
  public boolean allows(String toolId) {
    return allows(allow, toolId);
  }

  /** Those that both the owner and the sender want. */
  public List<Tool> described(List<String> wanted) {
    return sources.stream()
        .flatMap(source -> source.tools().stream())
        .filter(tool -> allows(tool.id()) && allows(wanted, tool.id()))
        .toList();
  }
}
