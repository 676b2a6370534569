package ai.vespid.agent.sandbox.lxc;

import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;

/** Writes a seccomp profile, as engines take it, in the language of LXC. */
final class LxcPolicy {
  private static final String EPERM = "errno 1";

  private LxcPolicy() {}

  /**
   * @param profile JSON of an allow-list
   * @throws IOException with a message for people when LXC cannot say the same
   */
  static String of(String profile) throws IOException {
    var json = Json.copyOfMapper().readTree(profile);
    if (!json.path("defaultAction").asText().equals("SCMP_ACT_ERRNO")) {
      throw new IOException("LXC takes only seccomp profiles that are lists of what is allowed");
    }
    var lines = new ArrayList<String>();
    lines.add("2");
    lines.add("allowlist " + EPERM);
    lines.add("[all]");
    for (var rule : json.path("syscalls")) {
      for (var name : rule.path("names")) {
        lines.add(name.asText() + ' ' + action(rule) + condition(rule.path("args")));
      }
    }
    return String.join("\n", lines) + '\n';
  }

  private static String action(JsonNode rule) throws IOException {
    return switch (rule.path("action").asText()) {
      case "SCMP_ACT_ALLOW" -> "allow";
      case "SCMP_ACT_ERRNO" -> "errno " + rule.path("errnoRet").asInt(1);
      case "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS" -> "kill";
      default -> throw new IOException("LXC knows no " + rule.path("action").asText());
    };
  }

  private static String condition(JsonNode arguments) {
    var text = new StringBuilder();
    for (var argument : arguments) {
      var operation = argument.path("op").asText();
      int index = argument.path("index").asInt();
      long value = argument.path("value").asLong();
      // Engines name the mask first, LXC last.
      text.append(
          operation.equals("SCMP_CMP_MASKED_EQ")
              ? " [%d,%d,%s,%d]"
                  .formatted(index, argument.path("valueTwo").asLong(), operation, value)
              : " [%d,%d,%s]".formatted(index, value, operation));
    }
    return text.toString();
  }
}
