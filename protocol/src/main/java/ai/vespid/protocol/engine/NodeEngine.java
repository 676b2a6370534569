package ai.vespid.protocol.engine;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The engines that agents have as programs of their machines. An agent names those it can be given
 * work for among what its hello calls connectors, so that a dispatch goes to one that has its
 * engine; agents that name nothing there are taken to have all.
 */
public enum NodeEngine {
  CLAUDE("gateway.claude.v2", "claude.agent-sdk.v1"),
  CODEX("gateway.codex.v2", "codex.sdk.v1"),
  OPENCODE("gateway.opencode.v2");

  private static final String WITH_KEY = "key:";

  private final List<String> ids;

  NodeEngine(String... ids) {
    this.ids = List.of(ids);
  }

  /** The id of this generation, then those of earlier ones. */
  public List<String> ids() {
    return ids;
  }

  /** What an agent names that has a login for it. */
  public String withLogin() {
    return ids.getFirst();
  }

  /** What an agent names that can run it for who brings a key. */
  public String withKey() {
    return WITH_KEY + ids.getFirst();
  }

  /** The engine of this id; empty for one that is not a program of agents. */
  public static Optional<NodeEngine> of(String id) {
    return Arrays.stream(values()).filter(engine -> engine.ids.contains(id)).findFirst();
  }

  /**
   * What an agent has to name for an {@code agent.run} to be given to it; null when any will do.
   *
   * @param key whether a key for the engine comes along
   */
  public static String wanted(RawJson payload, boolean key) {
    try {
      var id =
          Json.read(payload.bytes(), JsonNode.class)
              .path("node")
              .path("config")
              .path("engine")
              .path("id");
      var engine = of(id.asText());
      return engine.map(each -> key ? each.withKey() : each.withLogin()).orElse(null);
    } catch (InvalidMessage e) {
      return null;
    }
  }
}
