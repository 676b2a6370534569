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
  CLAUDE(
      "Claude Code",
      "claude",
      "claude-sonnet-4-20250514",
      List.of("llm.anthropic"),
      "gateway.claude.v2",
      "claude.agent-sdk.v1"),
  CODEX("Codex", "codex", "gpt-5-codex", List.of("llm.openai"), "gateway.codex.v2", "codex.sdk.v1"),
  OPENCODE(
      "opencode",
      "opencode",
      "claude-opus-4-6",
      List.of("llm.anthropic", "llm.openai"),
      "gateway.opencode.v2");

  private static final String WITH_KEY = "key:";

  private final String displayName;
  private final String command;
  private final String usualModel;
  private final List<String> providers;
  private final List<String> ids;

  NodeEngine(
      String displayName,
      String command,
      String usualModel,
      List<String> providers,
      String... ids) {
    this.displayName = displayName;
    this.command = command;
    this.usualModel = usualModel;
    this.providers = providers;
    this.ids = List.of(ids);
  }

  /** What people call it. */
  public String displayName() {
    return displayName;
  }

  /** Its program. */
  public String command() {
    return command;
  }

  /** The model that is proposed to people (contract 4.5); one that is named none uses its own. */
  public String usualModel() {
    return usualModel;
  }

  /** The connector its secrets are stored for. */
  public String secretConnectorId() {
    return "agent." + command;
  }

  /** Whether a secret of this connector is a key for it: one of its own, or of its provider's. */
  public boolean takes(String connectorId) {
    return connectorId.equals(secretConnectorId()) || providers.contains(connectorId);
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
