package ai.vespid.agent.settings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What is said of a setting: one line of {@code settings.txt}.
 *
 * @param aliases what the seeds call it
 */
record Words(String byDefault, String description, List<String> aliases) {
  private static final Map<String, Words> ALL = read();

  static Words of(String variable) {
    var words = ALL.get(variable);
    if (words == null) throw new IllegalStateException("settings.txt lacks " + variable);
    return words;
  }

  private static Map<String, Words> read() {
    var all = new HashMap<String, Words>();
    try (var in = Words.class.getResourceAsStream("settings.txt")) {
      var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (var line : text.split("\n")) {
        if (line.startsWith("#")) continue;
        var parts = line.split("\\|", -1);
        var aliases = Stream.of(parts[3].split(",")).map(String::strip);
        all.put(
            parts[0].strip(),
            new Words(
                parts[1].strip(),
                parts[2].strip(),
                aliases.filter(alias -> !alias.isEmpty()).toList()));
      }
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
