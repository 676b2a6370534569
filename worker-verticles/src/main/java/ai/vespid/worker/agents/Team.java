package ai.vespid.worker.agents;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference.Tool;
import ai.vespid.protocol.engine.KnownTools;
import ai.vespid.protocol.workflow.AgentRun;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Others an agent may delegate to: one by {@code team.delegate}, many at once by {@code team.map}.
 * A teammate may use what both its own list and its lead's allow, and has no team itself.
 */
final class Team {
  static final String DELEGATE = "team.delegate";
  static final String MAP = "team.map";
  static final List<String> TOOLS = List.of(DELEGATE, MAP);
  private static final int TASKS_MAX = 64;
  private static final int PARALLEL_MAX = 16;

  /** Lets a teammate do something. */
  interface Work {
    Future<DispatchResult> begin(String name, AgentRun mate, RawJson input);
  }

  /** A teammate as the definition writes it; what is absent is as the lead's. */
  private record Mate(
      String id,
      String description,
      AgentRun.Engine engine,
      AgentRun.Prompt prompt,
      AgentRun.Tools tools,
      AgentRun.RunLimits limits,
      AgentRun.Output output) {
    Mate {
      Check.text("team.teammates.id", id, 1, 60);
      Check.required("team.teammates.prompt", prompt);
    }
  }

  private record Delegation(String teammateId, RawJson input) {
    Delegation {
      Check.text("teammateId", teammateId, 1, 60);
      if (input == null) input = RawJson.NULL;
    }
  }

  private record Delegations(List<Delegation> tasks, Integer maxParallel) {
    Delegations {
      Check.range("tasks", Check.required("tasks", tasks).size(), 1, TASKS_MAX);
      Check.optionalRange("maxParallel", maxParallel, 1, PARALLEL_MAX);
    }
  }

  private final AgentRun lead;
  private final Work work;
  private final Map<String, Mate> mates = new LinkedHashMap<>();

  Team(AgentRun lead, Work work) {
    this.lead = lead;
    this.work = work;
    try {
      for (var one : lead.team().teammates()) {
        var mate = Json.read(one.bytes(), Mate.class);
        mates.put(mate.id(), mate);
      }
    } catch (InvalidMessage e) {
      throw new AgentFailed(ErrorCode.INVALID_NODE_CONFIG.name());
    }
  }

  boolean has(String toolId) {
    return TOOLS.contains(toolId);
  }

  boolean delegatesOnly() {
    return lead.team().leadMode().equals("delegate_only");
  }

  List<Tool> described() {
    var who =
        mates.values().stream()
            .map(mate -> mate.id() + (mate.description() == null ? "" : ": " + mate.description()))
            .collect(Collectors.joining("; "));
    var one = new HashMap<String, Object>();
    one.put("type", "object");
    one.put("required", List.of("teammateId", "input"));
    one.put(
        "properties",
        Map.of(
            "teammateId", Map.of("type", "string", "enum", List.copyOf(mates.keySet())),
            "input", Map.of("type", "string", "description", "what it shall do")));
    var many = Map.of("type", "array", "items", one);
    return List.of(
        new Tool(DELEGATE, "Lets a teammate work on a task. " + who, RawJson.from(one)),
        new Tool(
            MAP,
            "Lets teammates work on many tasks at once. " + who,
            RawJson.from(
                Map.of(
                    "type", "object",
                    "required", List.of("tasks"),
                    "properties", Map.of("tasks", many)))));
  }

  Future<DispatchResult> use(ToolCall call, int index) {
    try {
      if (call.toolId().equals(DELEGATE)) {
        return delegate(Json.read(call.input().bytes(), Delegation.class), index + "");
      }
      return map(Json.read(call.input().bytes(), Delegations.class), index);
    } catch (InvalidMessage e) {
      return refused(ErrorCode.INVALID_TOOL_INPUT.with(e.getMessage()));
    }
  }

  private static Future<DispatchResult> refused(String error) {
    return Future.succeededFuture(DispatchResult.failed(error, null));
  }

  private Future<DispatchResult> delegate(Delegation task, String number) {
    var mate = mates.get(task.teammateId());
    if (mate == null) return refused(ErrorCode.TEAMMATE_NOT_FOUND.with(task.teammateId()));
    return work.begin(mate.id() + '-' + number, agent(mate), task.input());
  }

  private AgentRun agent(Mate mate) {
    var own = mate.tools() == null ? List.<String>of() : mate.tools().allow();
    var leads = lead.tools().allow();
    var allow =
        own.stream().filter(id -> KnownTools.allowed(leads, id)).filter(id -> !has(id)).toList();
    return new AgentRun(
        null,
        // Another engine would need another key.
        mate.engine() == null || !mate.engine().id().equals(lead.engine().id())
            ? lead.engine()
            : mate.engine(),
        lead.execution(),
        mate.prompt(),
        new AgentRun.Tools(allow, lead.tools().execution(), lead.tools().authDefaults()),
        mate.limits() == null ? lead.limits() : mate.limits(),
        mate.output(),
        null);
  }

  private Future<DispatchResult> map(Delegations wanted, int index) {
    int most = lead.team().maxParallel();
    int lanes = Math.min(wanted.maxParallel() == null ? most : wanted.maxParallel(), most);
    var results = new DispatchResult[wanted.tasks().size()];
    var running = new ArrayList<Future<?>>();
    for (int lane = 0; lane < lanes; lane++) running.add(lane(wanted, index, lane, lanes, results));
    return Future.join(running).map(_ -> told(wanted, results));
  }

  // Each lane does every n-th task, one after the other.
  private Future<?> lane(
      Delegations wanted, int index, int at, int lanes, DispatchResult[] results) {
    if (at >= results.length) return Future.succeededFuture();
    return delegate(wanted.tasks().get(at), index + "-" + at)
        .compose(result -> {
          results[at] = result;
          return lane(wanted, index, at + lanes, lanes, results);
        });
  }

  private static DispatchResult told(Delegations wanted, DispatchResult[] results) {
    var told = new ArrayList<Map<String, Object>>();
    for (int i = 0; i < results.length; i++) {
      var one = new LinkedHashMap<String, Object>();
      one.put("teammateId", wanted.tasks().get(i).teammateId());
      one.put("status", results[i].status());
      if (results[i].error() != null) one.put("error", results[i].error());
      if (results[i].output() != null) one.put("output", results[i].output());
      told.add(one);
    }
    boolean any = Arrays.stream(results).anyMatch(one -> one.status() == ResultStatus.SUCCEEDED);
    var output = RawJson.from(Map.of("results", told));
    return any
        ? DispatchResult.succeeded(output)
        : DispatchResult.failed(ErrorCode.TEAM_DELEGATE_FAILED.name(), output);
  }
}
