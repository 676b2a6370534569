package ai.vespid.agent;

import ai.vespid.agent.settings.ConfigFile;
import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.settings.Setting;
import ai.vespid.agent.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * All that an agent is told: its config file, whichever of the three kinds it is, and over it the
 * environment. What is wrong is collected in {@code problems} for whoever wants to tell it.
 */
record Configuration(Path path, ConfigFile file, Settings values, Problems problems) {
  private static final List<String> NAMES =
      List.of("agent.json", "agent.yaml", "agent.yml", "agent.toml");

  /**
   * Reads it.
   *
   * @param given where the file is, or null for its usual places
   */
  static Configuration read(Map<String, String> environment, Path given) {
    var problems = new Problems();
    // Its own problems are told below, once.
    var early = Settings.of(environment, Map.of(), new Problems());
    var path = given == null ? early.path(Setting.CONFIG_PATH).orElseGet(() -> usual()) : given;
    var file = ConfigFile.empty();
    if (Files.exists(path)) {
      try {
        file = ConfigFile.read(path);
      } catch (IOException e) {
        problems.add(path.toString(), e.getMessage());
      }
    }
    var values = Settings.of(environment, file.settings(problems), problems);
    return new Configuration(path, file, values, problems);
  }

  private static Path usual() {
    var home = AgentSettings.home();
    return NAMES.stream()
        .map(home::resolve)
        .filter(Files::exists)
        .findFirst()
        .orElseGet(() -> home.resolve(NAMES.getFirst()));
  }

  AgentSettings settings() {
    return new AgentSettings(values);
  }

  /** Who the agent is as the file has it; null, with problems, when it does not say. */
  AgentConfig saved() {
    if (!Files.isReadable(path)) return AgentConfig.read(path);
    var saved = AgentConfig.of(file, problems);
    return saved == null ? null : saved.under(values);
  }
}
