package ai.vespid.agent.settings;

import ai.vespid.protocol.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The config file: who the agent is at the top, and what it does in {@code settings}. JSON, YAML or
 * TOML, as its name ends (V-21, W-30). The names that the seeds' files use are understood.
 */
public final class ConfigFile {
  private static final String SETTINGS = "settings";
  private static final int BYTES_MAX = 1024 * 1024;

  /** Keys of the seeds' files, as paths, and what they are here. */
  private static final Map<String, String> OLD_NAMES =
      Map.of(
          "agentId", "executorId",
          "agentToken", "executorToken",
          "name", "executorName",
          "agentVersion", "executorVersion",
          "auth_token", "executorToken",
          "coordination_url", "apiBaseUrl",
          "outbound.backend_url", "gatewayWsUrl",
          "outbound.agent_id", "executorId",
          "outbound.auth_token", "executorToken");

  /** Keys of the seeds' files that nothing here depends on. */
  private static final List<String> WITHOUT_EFFECT =
      List.of("command_timeout", "agent", "outbound");

  private static final List<String> IDENTITY =
      List.of(
          "pool",
          "executorId",
          "executorToken",
          "organizationId",
          "gatewayWsUrl",
          "apiBaseUrl",
          "executorName",
          "executorVersion",
          "capabilities",
          SETTINGS);

  private final ObjectNode root;

  private ConfigFile(ObjectNode root) {
    this.root = root;
  }

  /** A file that is not there. */
  public static ConfigFile empty() {
    return new ConfigFile(JsonNodeFactory.instance.objectNode());
  }

  /**
   * Reads a file.
   *
   * @throws IOException with a message for people, which repeats nothing of the content
   */
  public static ConfigFile read(Path file) throws IOException {
    if (Files.size(file) > BYTES_MAX) throw new IOException("is larger than 1 MiB");
    JsonNode read;
    try {
      read = mapper(file).readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      var where = at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
      throw new IOException("is malformed" + where);
    }
    if (!(read instanceof ObjectNode root)) throw new IOException("holds no object");
    return new ConfigFile(withOurNames(root));
  }

  private static ObjectMapper mapper(Path file) {
    var name = file.getFileName().toString();
    if (name.endsWith(".yaml") || name.endsWith(".yml")) return YAMLMapper.builder().build();
    return name.endsWith(".toml") ? TomlMapper.builder().build() : Json.copyOfMapper();
  }

  private static ObjectNode withOurNames(ObjectNode root) {
    OLD_NAMES.forEach((old, ours) -> {
      var value = root.at("/" + old.replace('.', '/'));
      if (!value.isMissingNode() && !root.has(ours)) root.set(ours, value);
      root.remove(old);
    });
    return root;
  }

  /** What stands at the top: who the agent is. */
  public ObjectNode root() {
    return root;
  }

  /** The settings, each as text; a key that is none is a problem. */
  public Map<Configurable, String> settings(Problems problems) {
    var values = new LinkedHashMap<Configurable, String>();
    for (var setting : Configurable.all()) {
      for (var alias : setting.aliases()) {
        var value = root.at("/" + alias.replace('.', '/'));
        if (value.isValueNode()) values.put(setting, text(value));
      }
    }
    var section = root.get(SETTINGS);
    if (section instanceof ObjectNode object) flatten("", object, values, problems);
    else if (section != null && !section.isNull()) problems.add(SETTINGS, "must be an object");
    return values;
  }

  private static void flatten(
      String prefix, ObjectNode object, Map<Configurable, String> values, Problems problems) {
    for (var entry : object.properties()) {
      var key = prefix + entry.getKey();
      var setting = settingOf(key);
      if (setting != null && !(entry.getValue() instanceof ObjectNode)) {
        values.put(setting, text(entry.getValue()));
      } else if (entry.getValue() instanceof ObjectNode nested && isPrefix(key)) {
        flatten(key + '.', nested, values, problems);
      } else {
        problems.add(SETTINGS + '.' + key, "is no setting; " + nearest(key));
      }
    }
  }

  // A list is the same as its items between commas.
  private static String text(JsonNode value) {
    return value.isArray()
        ? value.valueStream().map(JsonNode::asText).collect(Collectors.joining(","))
        : value.asText();
  }

  private static Configurable settingOf(String key) {
    return keyed().filter(s -> s.key().equals(key)).findFirst().orElse(null);
  }

  private static boolean isPrefix(String key) {
    return keyed().anyMatch(s -> s.key().startsWith(key + '.'));
  }

  private static Stream<Configurable> keyed() {
    return Configurable.all().stream().filter(s -> !s.key().isEmpty());
  }

  private static String nearest(String key) {
    return keyed()
        .map(Configurable::key)
        .min(Comparator.comparingInt(other -> distance(key, other)))
        .map(other -> "did you mean " + other + "?")
        .orElse("");
  }

  // How many letters have to change (Levenshtein).
  private static int distance(String from, String to) {
    var before = new int[to.length() + 1];
    for (int i = 0; i < before.length; i++) before[i] = i;
    for (int i = 1; i <= from.length(); i++) {
      var row = new int[before.length];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int change = from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(before[j - 1] + change, 1 + Math.min(before[j], row[j - 1]));
      }
      before = row;
    }
    return before[to.length()];
  }

  private static boolean isOrHas(String alias, String key) {
    return alias.equals(key) || alias.startsWith(key + '.') && !WITHOUT_EFFECT.contains(key);
  }

  /** Keys that nobody reads; a sentence each. */
  public List<String> unread() {
    var unread = new ArrayList<String>();
    for (var entry : root.properties()) {
      var key = entry.getKey();
      boolean alias =
          OLD_NAMES.containsKey(key)
              || Configurable.all().stream()
                  .anyMatch(s -> s.aliases().stream().anyMatch(a -> isOrHas(a, key)));
      if (IDENTITY.contains(key) || alias) continue;
      unread.add(
          WITHOUT_EFFECT.contains(key)
              ? key + " has no effect beyond what the gateway says"
              : key + " is not read by anybody");
    }
    return unread;
  }

  /**
   * Writes who the agent is, keeps the settings that the file has, and lets nobody else read it at
   * any moment.
   */
  public static void write(Path file, ObjectNode identity) throws IOException {
    var directory = Files.createDirectories(file.toAbsolutePath().getParent());
    if (Files.exists(file)) {
      var settings = read(file).root().get(SETTINGS);
      if (settings != null) identity.set(SETTINGS, settings);
    }
    var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    var temporary = Files.createTempFile(directory, "agent", ".tmp", owner);
    try {
      Files.write(
          temporary, mapper(file).writerWithDefaultPrettyPrinter().writeValueAsBytes(identity));
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
