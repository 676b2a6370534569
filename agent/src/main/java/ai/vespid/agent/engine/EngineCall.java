package ai.vespid.agent.engine;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * One task for an engine. Prompt and key stay out of {@link #toString()}.
 *
 * @param model null for the one that the program uses anyway
 * @param key whose account pays; null for the login of the program on this machine
 * @param mayWork whether it may run commands and change files, or only think
 * @param directory the run's files; null for an empty folder
 * @param tools what it may use of this agent's, whether it may work or not
 */
public record EngineCall(
    String model,
    String prompt,
    Key key,
    boolean mayWork,
    Path directory,
    long timeoutMs,
    Bounds bounds,
    OfferedTools tools) {
  // It becomes an argument of a command line, where a dash in front would make it an option.
  private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@\\[\\]-]{0,119}");

  /**
   * A key of the sender's, and where its service is.
   *
   * @param baseUrl null for the usual address
   */
  public record Key(String value, String baseUrl) {
    @Override
    public String toString() {
      return "Key[baseUrl=" + baseUrl + "]";
    }
  }

  /** Where a run must stop. The output is cut there, the others end it. */
  public record Bounds(int turnsMax, int toolCallsMax, int outputCharsMax) {}

  public EngineCall {
    if (model != null && !MODEL.matcher(model).matches()) {
      throw new IllegalArgumentException("no model has such a name");
    }
  }

  /** One that has no tools but its own. */
  public EngineCall(
      String model,
      String prompt,
      Key key,
      boolean mayWork,
      Path directory,
      long timeoutMs,
      Bounds bounds) {
    this(model, prompt, key, mayWork, directory, timeoutMs, bounds, OfferedTools.NONE);
  }

  @Override
  public String toString() {
    return "EngineCall[model=%s, directory=%s, timeoutMs=%d]"
        .formatted(model, directory, timeoutMs);
  }
}
