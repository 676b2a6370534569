package ai.vespid.engine.provider;

import ai.vespid.protocol.engine.Inference.Tool;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Names of tools as providers take them: letters, digits, underscores and dashes, 64 at most. Ours
 * have dots. Two of ours never share one.
 */
final class ToolNames {
  private static final int LENGTH_MAX = 64;

  private final Map<String, String> theirs = new HashMap<>();
  private final Map<String, String> ours = new HashMap<>();

  ToolNames(List<Tool> tools) {
    for (var tool : tools) of(tool.id());
  }

  /** Their name of a tool. */
  String of(String toolId) {
    return theirs.computeIfAbsent(toolId, this::choose);
  }

  private String choose(String toolId) {
    var plain = toolId.replaceAll("[^A-Za-z0-9_-]", "_");
    var name = plain.substring(0, Math.min(plain.length(), LENGTH_MAX));
    for (int i = 2; ours.containsKey(name); i++) {
      var end = "_" + i;
      name = plain.substring(0, Math.min(plain.length(), LENGTH_MAX - end.length())) + end;
    }
    ours.put(name, toolId);
    return name;
  }

  /** The tool behind a name; a name that nobody gave is told as it is. */
  String toolId(String name) {
    return ours.getOrDefault(name, name);
  }
}
