package ai.vespid.agent.engine;

import ai.vespid.agent.settings.Configurable;
import ai.vespid.agent.settings.EngineSetting;
import ai.vespid.agent.settings.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which engines run here, and within what limits.
 *
 * @param enabled by name
 * @param paths where their programs are, by name; a name alone is looked for in PATH
 * @param verifications commands that tell whether there is a login, where the usual one is not
 *     wanted, by name
 * @param concurrency how many runs of each go on at once
 * @param passed variables of the agent that all of them get
 */
public record EngineSettings(
    Set<String> enabled,
    Map<String, String> paths,
    Map<String, List<String>> verifications,
    Duration probeEvery,
    Duration probeMax,
    int concurrency,
    List<String> passed,
    EventStream.Limits stream) {
  private static final int CONCURRENCY_MAX = 200;

  static final Map<String, EngineSetting> PATHS =
      Map.of(
          "claude", EngineSetting.CLAUDE_PATH,
          "codex", EngineSetting.CODEX_PATH,
          "opencode", EngineSetting.OPENCODE_PATH);

  private static final Map<String, EngineSetting> VERIFICATIONS =
      Map.of("claude", EngineSetting.CLAUDE_VERIFY, "codex", EngineSetting.CODEX_VERIFY);

  public EngineSettings {
    enabled = Set.copyOf(enabled);
    paths = Map.copyOf(paths);
    verifications = Map.copyOf(verifications);
    passed = List.copyOf(passed);
  }

  public static EngineSettings of(Settings settings) {
    return new EngineSettings(
        Set.copyOf(settings.list(EngineSetting.ENGINES, String.join(",", PATHS.keySet()))),
        texts(settings, PATHS),
        commands(settings),
        Duration.ofMillis(settings.number(EngineSetting.PROBE_INTERVAL_MS, 60_000, 10_000)),
        Duration.ofMillis(settings.number(EngineSetting.PROBE_TIMEOUT_MS, 5_000, 1_000)),
        (int) Math.min(CONCURRENCY_MAX, settings.number(EngineSetting.ENGINE_CONCURRENCY, 4, 1)),
        settings.list(EngineSetting.ENGINE_ENV, "none"),
        new EventStream.Limits(
            number(settings, EngineSetting.STREAM_FLUSH_CHARS, 128, 1),
            number(settings, EngineSetting.STREAM_FLUSH_MS, 80, 1),
            number(settings, EngineSetting.STREAM_MAX_EVENTS, 800, 1),
            number(settings, EngineSetting.STREAM_MAX_CHARS, 200_000, 0)));
  }

  private static int number(Settings settings, Configurable setting, int otherwise, int floor) {
    return (int) Math.min(Integer.MAX_VALUE, settings.number(setting, otherwise, floor));
  }

  private static Map<String, String> texts(Settings settings, Map<String, EngineSetting> names) {
    var texts = new HashMap<String, String>();
    names.forEach((name, setting) -> texts.put(name, settings.text(setting, name)));
    return texts;
  }

  private static Map<String, List<String>> commands(Settings settings) {
    var commands = new HashMap<String, List<String>>();
    VERIFICATIONS.forEach((name, setting) ->
        settings.text(setting).ifPresent(line -> commands.put(name, words(line))));
    return commands;
  }

  /** The engines of these that are none. */
  public static Optional<String> unknown(Settings settings) {
    return settings.list(EngineSetting.ENGINES, "none").stream()
        .filter(name -> !PATHS.containsKey(name))
        .findFirst();
  }

  /** The variable by which this engine was asked for, when it was asked for by its name. */
  public static Optional<String> asked(Settings settings, String engine) {
    if (settings.text(PATHS.get(engine)).isPresent()) {
      return Optional.of(PATHS.get(engine).variable());
    }
    return settings.text(EngineSetting.ENGINES).map(_ -> EngineSetting.ENGINES.variable());
  }

  /** A command line cut at its spaces, other than those in quotes of either kind. */
  static List<String> words(String line) {
    var words = new ArrayList<String>();
    var word = new StringBuilder();
    boolean begun = false;
    char quote = 0;
    for (char c : line.toCharArray()) {
      if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
        begun = true;
      } else if (c == quote) {
        quote = 0;
      } else if (quote == 0 && Character.isWhitespace(c)) {
        if (begun) words.add(word.toString());
        word.setLength(0);
        begun = false;
      } else {
        word.append(c);
        begun = true;
      }
    }
    if (begun) words.add(word.toString());
    return words;
  }
}
