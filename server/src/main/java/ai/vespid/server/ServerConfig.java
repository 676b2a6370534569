package ai.vespid.server;

import ai.vespid.kit.node.Catalogue;
import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.kit.node.Settings;
import ai.vespid.protocol.Json;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.vertx.core.ThreadingModel;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A {@code conf/*.json} with the environment applied, checked as a whole before anything starts.
 *
 * @param node this node's name
 * @param cluster how it finds the others
 * @param deployments in the order of the file, which is the order of the start
 */
public record ServerConfig(String node, ClusterConfig cluster, List<Deployment> deployments) {
  private static final Set<String> KEYS = Set.of("node", "cluster", "verticles");
  private static final Set<String> NODE_KEYS = Set.of("name", "host");
  private static final Set<String> CLUSTER_KEYS =
      Set.of(
          "members",
          "host",
          "port",
          "publicPort",
          "busPort",
          "busPublicPort",
          "kubernetesService",
          "tlsCertFile",
          "tlsKeyFile",
          "tlsCaFile");
  private static final Set<String> VERTICLE_KEYS = Set.of("instances", "threading", "config");
  private static final int INSTANCES_MAX = 64;
  private static final Map<String, ThreadingModel> THREADING =
      new TreeMap<>(
          Map.of(
              "event-loop", ThreadingModel.EVENT_LOOP,
              "virtual-thread", ThreadingModel.VIRTUAL_THREAD,
              "worker", ThreadingModel.WORKER));

  /** One verticle of the file. */
  public record Deployment(
      Catalogue.Entry entry, int instances, ThreadingModel threading, JsonObject config) {
    public String name() {
      return entry.name();
    }

    /** Its configuration may hold secrets. */
    @Override
    public String toString() {
      return name() + " x" + instances;
    }
  }

  public ServerConfig {
    deployments = List.copyOf(deployments);
  }

  /** Their names. */
  Set<String> verticles() {
    return deployments.stream().map(Deployment::name).collect(Collectors.toSet());
  }

  /**
   * The names of a file's verticles, before anything else of it is looked at.
   *
   * @throws ConfigurationException when it is no JSON
   */
  static Set<String> verticles(Path file) {
    return section(file.getFileName().toString(), parse(file), "verticles").fieldNames();
  }

  public int instancesOf(String verticle) {
    return deployments.stream()
        .filter(deployment -> deployment.name().equals(verticle))
        .mapToInt(Deployment::instances)
        .findFirst()
        .orElse(0);
  }

  /**
   * @throws ConfigurationException one line: the cause and the remedy
   */
  public static ServerConfig read(
      Path file, Map<String, String> environment, Map<String, Catalogue.Entry> catalogue) {
    var name = file.getFileName().toString();
    var root = parse(file);
    known(name, root, KEYS);
    var node = section(name, root, "node");
    known(name + ": node", node, NODE_KEYS);
    var cluster = section(name, root, "cluster");
    known(name + ": cluster", cluster, CLUSTER_KEYS);
    var verticles = section(name, root, "verticles");
    if (verticles.isEmpty()) {
      throw new ConfigurationException(
          name + ": \"verticles\" names none; known verticles: " + names(catalogue));
    }
    var sections = new LinkedHashMap<String, JsonObject>();
    for (var verticle : verticles.fieldNames()) {
      if (!catalogue.containsKey(verticle)) {
        throw new ConfigurationException(
            "%s: unknown verticle \"%s\"; known verticles: %s"
                .formatted(name, verticle, names(catalogue)));
      }
      var body = section(name, verticles, verticle);
      known(name + ": " + verticle, body, VERTICLE_KEYS);
      sections.put(verticle, section(name + ": " + verticle, body, "config").copy());
    }
    var all = new LinkedHashMap<>(sections);
    all.put("node", node);
    all.put("cluster", cluster);
    EnvironmentReader.apply(environment, all);
    var deployments = new ArrayList<Deployment>();
    for (var entry : sections.entrySet()) {
      var body = verticles.getJsonObject(entry.getKey());
      deployments.add(deployment(name, catalogue.get(entry.getKey()), body, entry.getValue()));
    }
    return new ServerConfig(
        nodeName(name, node), ClusterConfig.of(name, node, cluster), deployments);
  }

  private static Deployment deployment(
      String file, Catalogue.Entry entry, JsonObject body, JsonObject config) {
    var place = file + ": " + entry.name();
    if (!(body.getValue("instances", 1) instanceof Integer instances)
        || instances < 1
        || instances > INSTANCES_MAX) {
      throw new ConfigurationException(
          "%s.instances must be a whole number from 1 to %d".formatted(place, INSTANCES_MAX));
    }
    var threading = THREADING.get(String.valueOf(body.getValue("threading", "event-loop")));
    if (threading == null) {
      throw new ConfigurationException(
          "%s.threading must be one of %s".formatted(place, String.join(", ", THREADING.keySet())));
    }
    // Bound once here, so that a wrong key is known before a store is opened.
    Settings.bind(entry.name(), config, entry.settings());
    return new Deployment(entry, instances, threading, config);
  }

  private static String nodeName(String file, JsonObject node) {
    var name = node.getValue("name", "vespid");
    if (!(name instanceof String text) || !text.matches("[A-Za-z0-9._-]{1,60}")) {
      throw new ConfigurationException(
          file + ": node.name must be 1 to 60 letters, digits, dots, dashes or underscores");
    }
    return text;
  }

  private static JsonObject parse(Path file) {
    try {
      var mapper = Json.copyOfMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
      var map =
          mapper.readValue(
              Files.readAllBytes(file), new TypeReference<LinkedHashMap<String, Object>>() {});
      if (map != null) return new JsonObject(map);
      throw new ConfigurationException(file + ": must be a JSON object");
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      throw new ConfigurationException(
          "%s: malformed JSON at line %d, column %d: %s"
              .formatted(
                  file,
                  at == null ? 1 : at.getLineNr(),
                  at == null ? 1 : at.getColumnNr(),
                  e.getOriginalMessage().lines().findFirst().orElse("")));
    } catch (IOException e) {
      throw new ConfigurationException(
          file + ": cannot be read; name another with VESPID_CONFIG or GATEWAY_ROLE");
    }
  }

  private static JsonObject section(String place, JsonObject parent, String key) {
    return switch (parent.getValue(key)) {
      case null -> new JsonObject();
      case JsonObject object -> object;
      case Object _ ->
          throw new ConfigurationException(place + ": \"" + key + "\" must be an object");
    };
  }

  private static void known(String place, JsonObject section, Set<String> keys) {
    for (var key : section.fieldNames()) {
      if (keys.contains(key)) continue;
      throw new ConfigurationException(
          "%s: unknown key \"%s\"; known keys: %s"
              .formatted(place, key, String.join(", ", new TreeSet<>(keys))));
    }
  }

  private static String names(Map<String, Catalogue.Entry> catalogue) {
    return String.join(", ", new TreeSet<>(catalogue.keySet()));
  }
}
