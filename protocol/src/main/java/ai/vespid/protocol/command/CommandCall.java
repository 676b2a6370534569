package ai.vespid.protocol.command;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.RawJson;

/**
 * The payload of a dispatch of the kind {@code agent.command}. Arguments that are secret are not in
 * it; they travel as the secret of the dispatch, one JSON object.
 *
 * @param id what the sender calls this command; its result carries it
 * @param name as in {@link Commands}
 */
public record CommandCall(String id, String name, RawJson args) {
  public CommandCall {
    Check.text("id", id, 1, 200);
    Check.text("name", name, 1, 100);
    if (args == null) args = RawJson.of("{}");
  }

  @Override
  public String toString() {
    return "CommandCall[" + id + ", " + name + "]";
  }
}
