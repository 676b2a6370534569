package ai.vespid.protocol.workflow;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.NodeEngine;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An AI agent works on a task (contract 6): one that thinks with a model in the worker, one with an
 * engine of a node on an executor, or in the worker with the model of that engine's provider.
 * Unknown fields are refused, so that a misspelt limit is noticed and not ignored.
 */
public record AgentRun(
    String toolsetId,
    Engine engine,
    Execution execution,
    Prompt prompt,
    Tools tools,
    RunLimits limits,
    Output output,
    Team team)
    implements NodeConfig {
  private static final Set<String> FIELDS =
      Set.of("toolsetId", "engine", "execution", "prompt", "tools", "limits", "output", "team");

  public AgentRun {
    Check.optionalText("toolsetId", toolsetId, 1, 120);
    Check.required("engine", engine);
    Check.required("prompt", prompt);
    boolean model = engine.aModel();
    execution = Execution.orElse(execution, model ? Execution.Mode.CLOUD : Execution.Mode.EXECUTOR);
    if (execution.remote() && model) {
      throw new InvalidMessage("execution.mode", "must be cloud with this engine");
    }
    if (!execution.remote() && !model && NodeEngine.of(engine.id()).isEmpty()) {
      throw new InvalidMessage("execution.mode", "must be gateway, executor or node");
    }
    if (tools == null) tools = new Tools(null, null, null);
    if (limits == null) limits = new RunLimits(null, null, null, null, null);
    if (output == null) output = new Output(null, null);
  }

  /** Which engine thinks, with which model and whose key. */
  public record Engine(String id, String model, Auth auth) {
    public Engine {
      Check.text("engine.id", id, 1, 120);
      Check.optionalText("engine.model", model, 1, 120);
    }

    /** Whether it is asked by the worker alone; the others are programs of executors. */
    boolean aModel() {
      return id.startsWith("llm.") || id.equals("scripted");
    }

    /**
     * The model that is asked in the worker: that of the provider behind a program of executors,
     * when it is told to think in the cloud (contract 7.5: with a key, no program).
     */
    public Engine asModel() {
      var program = NodeEngine.of(id);
      if (program.isEmpty()) return this;
      return switch (program.get()) {
        case CLAUDE ->
            new Engine("llm.anthropic", model == null ? "claude-sonnet-4-20250514" : model, auth);
        case CODEX -> new Engine("llm.openai", model == null ? "gpt-5-codex" : model, auth);
        case OPENCODE -> new Engine("llm.openai", model, auth);
      };
    }

    /** Whether a secret of this connector is for it when it is asked in the worker. */
    public boolean takes(String connectorId) {
      var provider = asModel().id();
      var own =
          NodeEngine.of(id).map(program -> "agent." + program.name().toLowerCase(Locale.ROOT));
      return connectorId.equals(provider)
          || connectorId.equals(provider + ".oauth")
          || own.filter(connectorId::equals).isPresent();
    }
  }

  /** What it is told. */
  public record Prompt(String system, String instructions, String inputTemplate) {
    private static final int CHARS_MAX = 200_000;

    public Prompt {
      Check.optionalText("prompt.system", system, 0, CHARS_MAX);
      Check.text("prompt.instructions", instructions, 1, CHARS_MAX);
      Check.optionalText("prompt.inputTemplate", inputTemplate, 0, CHARS_MAX);
    }

    @Override
    public String toString() {
      return "Prompt[" + instructions.length() + " characters]";
    }
  }

  /** What it may use, where tools run, and whose secrets connectors use. */
  public record Tools(List<String> allow, Execution.Mode execution, AuthDefaults authDefaults) {
    public Tools {
      allow = Check.texts("tools.allow", allow, 1_000, 120);
      if (execution == null) execution = Execution.Mode.CLOUD;
    }
  }

  /** Secrets by connector id. */
  public record AuthDefaults(Map<String, Auth> connectors) {
    public AuthDefaults {
      connectors = connectors == null ? Map.of() : Map.copyOf(connectors);
      for (var id : connectors.keySet()) {
        Check.text("tools.authDefaults.connectors", id, 1, 80);
      }
    }
  }

  /** Where it must stop. */
  public record RunLimits(
      Integer maxTurns,
      Integer maxToolCalls,
      Integer timeoutMs,
      Integer maxOutputChars,
      Integer maxRuntimeChars) {
    public RunLimits {
      maxTurns = Check.range("limits.maxTurns", orElse(maxTurns, 8), 1, 64);
      maxToolCalls = Check.range("limits.maxToolCalls", orElse(maxToolCalls, 20), 0, 200);
      timeoutMs =
          Check.range(
              "limits.timeoutMs",
              orElse(timeoutMs, Limits.TIMEOUT_MS_DEFAULT),
              Limits.TIMEOUT_MS_MIN,
              Limits.TIMEOUT_MS_MAX);
      maxOutputChars =
          Check.range("limits.maxOutputChars", orElse(maxOutputChars, 50_000), 256, 1_000_000);
      maxRuntimeChars =
          Check.range("limits.maxRuntimeChars", orElse(maxRuntimeChars, 200_000), 1_024, 2_000_000);
    }

    private static Integer orElse(Integer value, int absent) {
      return value == null ? (Integer) absent : value;
    }
  }

  /** Text, or JSON that fits a schema. */
  public record Output(String mode, RawJson jsonSchema) {
    public Output {
      if (mode == null) mode = "text";
      if (!mode.equals("text") && !mode.equals("json")) {
        throw new InvalidMessage("output.mode", "must be text or json");
      }
    }
  }

  /** Others it may delegate to. */
  public record Team(String mode, Integer maxParallel, String leadMode, List<RawJson> teammates) {
    public Team {
      if (!"supervisor".equals(mode)) throw new InvalidMessage("team.mode", "must be supervisor");
      if (maxParallel == null) maxParallel = 3;
      Check.range("team.maxParallel", maxParallel, 1, 16);
      if (leadMode == null) leadMode = "normal";
      if (!leadMode.equals("normal") && !leadMode.equals("delegate_only")) {
        throw new InvalidMessage("team.leadMode", "must be normal or delegate_only");
      }
      Check.range("team.teammates", Check.required("team.teammates", teammates).size(), 1, 32);
      teammates = List.copyOf(teammates);
    }
  }

  static AgentRun read(RawJson config) {
    var today = LegacyAgentRun.today(config);
    if (!FIELDS.containsAll(Json.read(today.bytes(), Map.class).keySet())) {
      throw new InvalidMessage("agent.run", "has a field it does not know");
    }
    return Json.read(today.bytes(), AgentRun.class);
  }

  @Override
  public String type() {
    return "agent.run";
  }

  @Override
  public Optional<Kind> kind() {
    return Optional.of(Kind.AGENT_RUN);
  }

  @Override
  public Optional<Integer> timeoutMs() {
    return Optional.of(limits.timeoutMs());
  }

  @Override
  public Optional<String> secretId() {
    return engine.auth() == null ? Optional.empty() : Optional.ofNullable(engine.auth().secretId());
  }
}
