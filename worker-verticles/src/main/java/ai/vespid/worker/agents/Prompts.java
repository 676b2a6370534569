package ai.vespid.worker.agents;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.AgentRun.Prompt;

/** What an agent is told to do (contract 7.5). */
final class Prompts {
  private static final String PLACE = "{{input}}";

  private Prompts() {}

  /** The template with the input in its place, or the instructions with the input behind them. */
  static String instructions(Prompt prompt, RawJson input) {
    var text = input == null ? "null" : input.text();
    var template = prompt.inputTemplate();
    if (template != null) return prompt.instructions() + "\n\n" + template.replace(PLACE, text);
    if (prompt.instructions().contains(PLACE)) return prompt.instructions().replace(PLACE, text);
    return input == null || input.equals(RawJson.NULL)
        ? prompt.instructions()
        : prompt.instructions() + "\n\nInput:\n" + text;
  }
}
