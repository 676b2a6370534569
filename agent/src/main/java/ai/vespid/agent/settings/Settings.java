package ai.vespid.agent.settings;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The values of all settings, each well-formed or told as a problem. Blank means unset. A value may
 * be a secret, so {@link #toString()} tells only which are set.
 */
public final class Settings {
  private final Map<Configurable, String> values = new LinkedHashMap<>();

  private Settings() {}

  /** Nothing is set. */
  public static Settings empty() {
    return new Settings();
  }

  /**
   * What the environment says, and where it says nothing the config file.
   *
   * @param file the values of the config file by setting
   */
  public static Settings of(
      Map<String, String> environment, Map<Configurable, String> file, Problems problems) {
    var settings = new Settings();
    for (var setting : Configurable.all()) {
      var where = variable(environment, setting, problems).orElse("settings." + setting.key());
      var value = environment.getOrDefault(where, file.get(setting));
      if (value != null && !value.isBlank()) {
        settings.accept(setting, value.strip(), where, problems);
      }
    }
    return settings;
  }

  // The name under which the environment has it.
  private static Optional<String> variable(
      Map<String, String> environment, Configurable setting, Problems problems) {
    var names =
        Stream.concat(Stream.of(setting.variable()), setting.aliases().stream())
            .filter(name -> !environment.getOrDefault(name, "").isBlank())
            .toList();
    // Ours and one of the seeds' together: guessing which was meant could weaken a limit.
    if (names.stream().map(environment::get).distinct().count() > 1) {
      problems.add(String.join(" and ", names), "say different things: set one of them");
    }
    return names.stream().findFirst();
  }

  private void accept(Configurable setting, String value, String where, Problems problems) {
    if (value.contains("${")) {
      problems.add(where, "still has a ${…} in it, which nobody replaces");
    } else if (!setting.form().accepts(value)) {
      problems.add(where, setting.form().rule());
    } else {
      values.put(setting, value);
    }
  }

  public Optional<String> text(Configurable setting) {
    return Optional.ofNullable(values.get(setting));
  }

  public String text(Configurable setting, String otherwise) {
    return values.getOrDefault(setting, otherwise);
  }

  /** A whole number; one below the floor counts as the floor. */
  public long number(Configurable setting, long otherwise, long floor) {
    var value = values.get(setting);
    return value == null ? otherwise : Math.max(floor, Long.parseLong(value));
  }

  /** Milliseconds of a time; one below the floor counts as the floor. */
  public long millis(Configurable setting, long otherwise, long floor) {
    var value = values.get(setting);
    if (value == null) return otherwise;
    long number = Long.parseLong(value.replaceAll("\\D", ""));
    boolean minutes = value.endsWith("m");
    boolean seconds = value.endsWith("s") && !value.endsWith("ms");
    return Math.max(floor, number * (minutes ? 60_000 : seconds ? 1_000 : 1));
  }

  public BigDecimal decimal(Configurable setting, String otherwise, String floor) {
    return new BigDecimal(values.getOrDefault(setting, otherwise)).max(new BigDecimal(floor));
  }

  public boolean flag(Configurable setting, boolean otherwise) {
    var value = values.get(setting);
    return value == null ? otherwise : value.equalsIgnoreCase("true") || value.equals("1");
  }

  /** A path, in which a leading {@code ~} is the home folder. */
  public Optional<Path> path(Configurable setting) {
    return text(setting)
        .map(v -> Path.of(v.replaceFirst("^~(?=/|$)", System.getProperty("user.home"))));
  }

  /** The parts between commas; empty when it is unset or {@code none}. */
  public List<String> list(Configurable setting, String otherwise) {
    var value = text(setting, otherwise);
    if (value.equals("none")) return List.of();
    return Stream.of(value.split(",")).map(String::strip).filter(part -> !part.isEmpty()).toList();
  }

  @Override
  public String toString() {
    return "Settings" + values.keySet();
  }
}
