package ai.vespid.protocol.workflow;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a node does (contract 6). Fields that may be absent in the DSL may be null here. */
public sealed interface NodeConfig
    permits NodeConfig.HttpRequest,
        NodeConfig.AgentExecute,
        AgentRun,
        NodeConfig.ConnectorAction,
        NodeConfig.Condition,
        NodeConfig.ParallelJoin {
  /** How the config of one type is read. */
  interface Type {
    NodeConfig read(RawJson config);
  }

  /** By their names in the DSL, in their order. */
  Map<String, Type> TYPES =
      new TreeMap<>(
          Map.of(
              "http.request", json -> Json.read(json.bytes(), HttpRequest.class),
              "agent.execute", json -> Json.read(json.bytes(), AgentExecute.class),
              "agent.run", AgentRun::read,
              "connector.action", json -> Json.read(json.bytes(), ConnectorAction.class),
              "connector.github.issue.create", LegacyGithubIssue::read,
              "condition", json -> Json.read(json.bytes(), Condition.class),
              "parallel.join", json -> Json.read(json.bytes(), ParallelJoin.class)));

  /** The name of the type in the DSL. */
  String type();

  /** What an executor would be asked for, when this runs on one. */
  default Optional<Kind> kind() {
    return Optional.empty();
  }

  /** Where it runs. */
  default Execution execution() {
    return Execution.IN_CLOUD;
  }

  /** How long it may take in milliseconds, when the node says so itself. */
  default Optional<Integer> timeoutMs() {
    return Optional.empty();
  }

  /** The connector secret it names, when it names one. */
  default Optional<String> secretId() {
    return Optional.empty();
  }

  /** True when the gateway gives it to an executor. */
  default boolean remote() {
    return execution().remote();
  }

  /** Names a stored secret; never holds one. */
  record Auth(String secretId) {
    public Auth {
      Check.optionalUuid("auth.secretId", secretId);
    }
  }

  /** A request that the worker sends. {@code timeoutMs} in the DSL is our addition. */
  record HttpRequest(
      Method method,
      String url,
      Map<String, String> headers,
      RawJson body,
      @JsonProperty("timeoutMs") Integer limitMs)
      implements NodeConfig {
    /** The methods of the DSL. */
    public enum Method {
      GET,
      POST,
      PUT,
      PATCH,
      DELETE,
      HEAD,
      OPTIONS
    }

    public HttpRequest {
      if (method == null) method = Method.GET;
      Check.optionalText("url", url, 1, 2_000);
      headers = headers == null ? Map.of() : Map.copyOf(headers);
      Check.optionalRange("timeoutMs", limitMs, Limits.TIMEOUT_MS_MIN, Limits.TIMEOUT_MS_MAX);
    }

    @Override
    public String type() {
      return "http.request";
    }

    @Override
    public Optional<Integer> timeoutMs() {
      return Optional.ofNullable(limitMs);
    }

    @Override
    public String toString() {
      return "HttpRequest[" + method + "]";
    }
  }

  /** A task for an executor's sandbox; without {@code execution} it is remote (defect E6). */
  record AgentExecute(Execution execution, Task task, Sandbox sandbox) implements NodeConfig {
    public AgentExecute {
      execution = Execution.orElse(execution, Execution.Mode.EXECUTOR);
    }

    /** A shell script and its environment. */
    public record Task(String type, String script, String shell, Map<String, String> env) {
      public Task {
        if (!"shell".equals(type)) throw new InvalidMessage("task.type", "must be shell");
        Check.text("task.script", script, 1, 200_000);
        if (shell != null && !shell.equals("sh") && !shell.equals("bash")) {
          throw new InvalidMessage("task.shell", "must be sh or bash");
        }
        env = env == null ? Map.of() : Map.copyOf(env);
      }

      @Override
      public String toString() {
        return "Task[" + shell + "]";
      }
    }

    /** What the script asks of the sandbox it runs in. */
    public record Sandbox(
        String backend,
        NetworkMode network,
        Integer timeoutMs,
        RawJson docker,
        List<String> envPassthroughAllowlist) {
      public Sandbox {
        if (backend != null && !List.of("docker", "host", "provider").contains(backend)) {
          throw new InvalidMessage("sandbox.backend", "must be docker, host or provider");
        }
        Check.optionalRange(
            "sandbox.timeoutMs", timeoutMs, Limits.TIMEOUT_MS_MIN, Limits.TIMEOUT_MS_MAX);
        envPassthroughAllowlist =
            Check.texts("sandbox.envPassthroughAllowlist", envPassthroughAllowlist, 50, 120);
      }
    }

    @Override
    public String type() {
      return "agent.execute";
    }

    @Override
    public Optional<Kind> kind() {
      return Optional.of(Kind.AGENT_EXECUTE);
    }

    @Override
    public Optional<Integer> timeoutMs() {
      return sandbox == null ? Optional.empty() : Optional.ofNullable(sandbox.timeoutMs());
    }
  }

  /** An action of a connector, in the worker unless {@code execution} says otherwise. */
  record ConnectorAction(
      String connectorId, String actionId, RawJson input, Auth auth, Execution execution)
      implements NodeConfig {
    public ConnectorAction {
      Check.text("connectorId", connectorId, 1, 80);
      Check.text("actionId", actionId, 1, 120);
      if (input == null) input = RawJson.of("{}");
      Check.required("auth.secretId", Check.required("auth", auth).secretId());
      execution = Execution.orElse(execution, Execution.Mode.CLOUD);
    }

    @Override
    public String type() {
      return "connector.action";
    }

    @Override
    public Optional<Kind> kind() {
      return Optional.of(Kind.CONNECTOR_ACTION);
    }

    @Override
    public Optional<String> secretId() {
      return Optional.of(auth.secretId());
    }
  }

  /** Looks at the run's input and decides which of its two edges is satisfied. */
  record Condition(String path, Operator op, RawJson value) implements NodeConfig {
    /** How what stands at the path is compared. */
    public enum Operator {
      @JsonProperty("eq")
      EQ,
      @JsonProperty("neq")
      NEQ,
      @JsonProperty("contains")
      CONTAINS,
      @JsonProperty("exists")
      EXISTS,
      @JsonProperty("gt")
      GT,
      @JsonProperty("gte")
      GTE,
      @JsonProperty("lt")
      LT,
      @JsonProperty("lte")
      LTE
    }

    public Condition {
      Check.optionalText("path", path, 1, 500);
      if (value != null && (value.bytes()[0] == '{' || value.bytes()[0] == '[')) {
        throw new InvalidMessage("value", "must be a string, a number, a boolean or null");
      }
    }

    @Override
    public String type() {
      return "condition";
    }
  }

  /** Waits for all branches that lead to it. */
  record ParallelJoin(String mode, Boolean failFast) implements NodeConfig {
    public ParallelJoin {
      if (mode != null && !mode.equals("all")) throw new InvalidMessage("mode", "must be all");
      if (failFast == null) failFast = true;
    }

    @Override
    public String type() {
      return "parallel.join";
    }
  }
}
