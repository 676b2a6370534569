package ai.vespid.agent.task;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.AgentRun;
import java.util.List;
import java.util.Optional;

/** The payload of {@code agent.run} (contract 3.2 and 7.2), of every generation. */
record AgentRunPayload(
    String nodeId,
    Node node,
    RawJson runInput,
    List<RawJson> steps,
    ResolvedSecrets resolvedSecrets,
    ResolvedRuntime resolvedRuntime,
    SecretRefs secretRefs) {
  record Node(String id, String type, Config config) {}

  /**
   * What is to be done.
   *
   * @param llm where the first generation has its model
   */
  record Config(
      AgentRun.Engine engine,
      Llm llm,
      AgentRun.Prompt prompt,
      AgentRun.Tools tools,
      AgentRun.RunLimits limits,
      AgentRun.Output output) {
    Config {
      Check.required("engine", engine);
      Check.required("prompt", prompt);
      if (tools == null) tools = new AgentRun.Tools(null, null, null);
      if (limits == null) limits = new AgentRun.RunLimits(null, null, null, null, null);
      if (output == null) output = new AgentRun.Output(null, null);
    }

    String model() {
      if (engine.model() != null) return engine.model();
      return llm == null ? null : llm.model();
    }
  }

  record Llm(String provider, String model) {}

  /** What a gateway of the original puts in; one that could not be opened is empty (D16). */
  record ResolvedSecrets(String engine) {
    @Override
    public String toString() {
      return "ResolvedSecrets[]";
    }
  }

  record ResolvedRuntime(String baseUrl) {
    ResolvedRuntime {
      Check.optionalUrl("resolvedRuntime.baseUrl", baseUrl);
    }
  }

  record SecretRefs(String engineSecretId) {}

  AgentRunPayload {
    Check.text("nodeId", nodeId, 1, 460);
    Check.required("node", node);
    Check.required("node.config", node.config());
    steps = steps == null ? List.of() : List.copyOf(steps);
  }

  Config config() {
    return node.config();
  }

  /** The engine's key, when it came along. */
  Optional<String> key(String secret) {
    if (secret != null) return Optional.of(secret);
    return Optional.ofNullable(resolvedSecrets)
        .map(ResolvedSecrets::engine)
        .filter(key -> !key.isEmpty());
  }

  /** Whether its sender meant it to have a key. */
  boolean wantsKey() {
    boolean empty = resolvedSecrets != null && "".equals(resolvedSecrets.engine());
    boolean named = secretRefs != null && secretRefs.engineSecretId() != null;
    return empty || named || config().engine().auth() != null;
  }

  String baseUrl() {
    return resolvedRuntime == null ? null : resolvedRuntime.baseUrl();
  }

  @Override
  public String toString() {
    return "AgentRunPayload[nodeId=" + nodeId + "]";
  }
}
