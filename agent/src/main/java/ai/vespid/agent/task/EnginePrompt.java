package ai.vespid.agent.task;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.AgentRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What an engine is told (contract 7.5): the system text, the instructions, and the run's input,
 * where the template wants it or in a block of its own.
 */
final class EnginePrompt {
  private static final String INPUT = "{{input}}";
  private static final String STEPS = "{{steps}}";

  private EnginePrompt() {}

  static String of(AgentRunPayload payload) {
    var prompt = payload.config().prompt();
    var parts = new ArrayList<String>();
    if (prompt.system() != null && !prompt.system().isBlank()) parts.add(prompt.system());
    parts.add(prompt.instructions());
    var input = payload.runInput() == null ? RawJson.NULL : payload.runInput();
    if (prompt.inputTemplate() != null && !prompt.inputTemplate().isBlank()) {
      parts.add(filled(prompt.inputTemplate(), input, payload.steps()));
    } else if (!input.equals(RawJson.NULL)) {
      parts.add("Input:\n" + input.text());
    }
    asked(payload.config().output()).ifPresent(parts::add);
    return String.join("\n\n", parts);
  }

  // At once and not one after the other: the input may hold what looks like a place of the steps.
  private static String filled(String template, RawJson input, List<RawJson> steps) {
    var filled = new StringBuilder();
    int from = 0;
    for (int at = template.indexOf("{{"); at >= 0; at = template.indexOf("{{", at + 1)) {
      var place = template.startsWith(INPUT, at) ? INPUT : STEPS;
      if (!template.startsWith(place, at)) continue;
      filled.append(template, from, at).append(place.equals(INPUT) ? input.text() : array(steps));
      from = at + place.length();
    }
    return filled.append(template, from, template.length()).toString();
  }

  private static String array(List<RawJson> values) {
    return values.stream().map(RawJson::text).collect(Collectors.joining(",", "[", "]"));
  }

  private static Optional<String> asked(AgentRun.Output output) {
    if (!output.mode().equals("json")) return Optional.empty();
    var schema =
        output.jsonSchema() == null ? "" : " It fits this schema:\n" + output.jsonSchema().text();
    return Optional.of(
        "Your last message is one JSON value and nothing else, not even a fence." + schema);
  }
}
