package ai.vespid.agent.sandbox.docker;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The name of an image as it may come from a task (defect D9: free text, which could begin with a
 * dash and be taken for an option).
 */
final class ImageName {
  private static final int LENGTH_MAX = 200;
  private static final Pattern REFERENCE =
      Pattern.compile(
          "[a-z0-9][a-zA-Z0-9.-]*(:\\d{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
              + "(:\\w[\\w.-]{0,127})?(@sha256:[0-9a-f]{64})?");

  private ImageName() {}

  static boolean valid(String name) {
    return name.length() <= LENGTH_MAX && REFERENCE.matcher(name).matches();
  }

  /** Whether one of the patterns, in which {@code *} stands for anything, has it. */
  static boolean allowed(String name, List<String> patterns) {
    return patterns.stream()
        .map(pattern -> Pattern.quote(pattern).replace("*", "\\E.*\\Q"))
        .anyMatch(name::matches);
  }
}
