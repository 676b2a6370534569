package ai.vespid.worker.workflow;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Definition;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.sql.NodeState;
import ai.vespid.sql.RunEvent;
import ai.vespid.sql.RunEvent.Level;
import ai.vespid.sql.RunStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How runs are told about: events (contract 5.3) and outputs (contract 5.2). */
final class Story {
  /** A value too long to be told whole. */
  private record Cut(boolean truncated, String preview, int originalLength) {}

  private Story() {}

  static RunEvent.New ofRun(String type, Level level, String message, Object payload) {
    return RunEvent.New.ofRun(type, level, message, RawJson.from(payload));
  }

  static RunEvent.New ofNode(String type, Node node, Level level, String message, RawJson payload) {
    return new RunEvent.New(type, node.id(), node.type(), level, message, payload);
  }

  /** The value, or its beginning when its JSON is longer than {@code charsMax}. */
  static RawJson cut(RawJson value, int charsMax) {
    if (value == null || value.size() <= charsMax) return value;
    var text = value.text();
    if (text.length() <= charsMax) return value;
    return RawJson.from(new Cut(true, text.substring(0, charsMax), text.length()));
  }

  /** A constant as it stands in JSON. */
  static String text(Enum<?> constant) {
    return Json.read(Json.write(constant), String.class);
  }

  static long completed(Map<String, Step> steps) {
    return steps.values().stream().filter(step -> step.state() == NodeState.SUCCEEDED).count();
  }

  /** What a run comes to, and what came of each of its nodes. */
  static RawJson output(
      RunStatus status, Definition definition, Map<String, Step> steps, int charsMax) {
    var failed =
        definition.nodes().keySet().stream()
            .filter(id -> steps.containsKey(id) && steps.get(id).state() == NodeState.FAILED)
            .findFirst();
    var summary = new LinkedHashMap<String, Object>();
    summary.put("completedNodeCount", completed(steps));
    summary.put("failedNodeId", failed.map(RawJson::from).orElse(RawJson.NULL));
    var whole = new LinkedHashMap<String, Object>();
    whole.put("status", status.text());
    whole.put("steps", steps(definition, steps, charsMax));
    whole.put("output", summary);
    return RawJson.from(whole);
  }

  /** One entry for each node that has ended, in the order they were written. */
  static List<RawJson> steps(Definition definition, Map<String, Step> steps, int charsMax) {
    var told = new ArrayList<RawJson>();
    for (var node : definition.nodes().values()) {
      var step = steps.get(node.id());
      if (step == null || step.open()) continue;
      var entry = new LinkedHashMap<String, Object>();
      entry.put("nodeId", node.id());
      entry.put("nodeType", node.type());
      entry.put("status", step.state().name().toLowerCase(Locale.ROOT));
      if (step.output() != null) entry.put("output", cut(step.output(), charsMax));
      if (step.error() != null) entry.put("error", step.error());
      told.add(RawJson.from(entry));
    }
    return told;
  }
}
