package ai.vespid.worker.agents;

import ai.vespid.kit.engine.Engine;
import ai.vespid.kit.engine.Engines;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference;
import ai.vespid.protocol.engine.Inference.Assistant;
import ai.vespid.protocol.engine.Inference.Said;
import ai.vespid.protocol.engine.Inference.ToolResult;
import ai.vespid.protocol.engine.Inference.User;
import ai.vespid.protocol.workflow.AgentRun;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One agent at work: thinks, uses tools, looks at what came of them, thinks again, until it answers
 * or a limit ends it. An answer that is not what was asked for is given back twice at most.
 */
final class Thinking {
  private static final int REPAIRS_MAX = 2;
  private static final long LOOK_MS = 250;

  private final Surroundings here;
  private final Engines engines;
  private final AgentTask task;
  private final AgentRun agent;
  private final long deadlineMs;
  private final Output output;
  private final Team team;
  private final List<Said> said = new ArrayList<>();
  private int turns;
  private int calls;
  private int repairs;
  private long inputTokens;
  private long outputTokens;

  /** What an engine said in one go. */
  private record Spoken(String text, List<ToolCall> calls) {}

  /**
   * @param leads whether it may have a team
   */
  Thinking(Surroundings here, Engines engines, AgentTask task, long deadlineMs, boolean leads) {
    this.here = here;
    this.engines = engines;
    this.task = task;
    this.agent = task.agent();
    this.deadlineMs = deadlineMs;
    this.output = Output.of(agent.output());
    this.team = leads && agent.team() != null ? new Team(agent, this::teammate) : null;
  }

  /** Its output; fails with {@link AgentFailed}. */
  Future<RawJson> begin() {
    var prompt = agent.prompt();
    if (prompt.system() != null) said.add(new Inference.System(prompt.system()));
    if (output.told() != null) said.add(new Inference.System(output.told()));
    said.add(new User(Prompts.instructions(prompt, task.input())));
    task.progress().told("agent.start", RawJson.from(Map.of("engineId", agent.engine().id())));
    return think();
  }

  private long leftMs() {
    return deadlineMs - here.nowMs();
  }

  private Future<RawJson> think() {
    if (!task.progress().wanted()) return failed(ErrorCode.RUN_CANCELED.name());
    if (leftMs() <= 0) return failed(ErrorCode.LLM_TIMEOUT.name());
    if (turns == agent.limits().maxTurns()) return failed(ErrorCode.AGENT_MAX_TURNS.name());
    turns++;
    task.progress().told("agent.turn_started", RawJson.from(Map.of("turn", turns)));
    return ask()
        .compose(spoken -> {
          if (spoken.calls().isEmpty()) return answered(spoken.text());
          said.add(new Assistant(spoken.text(), spoken.calls()));
          return use(spoken.calls().iterator()).compose(_ -> think());
        });
  }

  private static <T> Future<T> failed(String code) {
    return Future.failedFuture(new AgentFailed(code));
  }

  private Future<Spoken> ask() {
    var id = agent.engine().id();
    var engine = engines.find(id);
    if (engine.isEmpty()) return failed(ErrorCode.EXECUTOR_UNSUPPORTED_ENGINE.name());
    trim();
    var question =
        new Inference(
            id,
            agent.engine().model(),
            said,
            ToolNodes.described(agent, team),
            agent.limits().maxOutputChars(),
            Math.toIntExact(Math.max(1, leftMs())),
            task.secret());
    return new Hearing().of(engine.get(), question);
  }

  // The oldest is left out first, never what it was told to do. An answer to nothing confuses; so
  // does a tool's.
  private void trim() {
    int first = (int) said.stream().takeWhile(one -> !(one instanceof User)).count() + 1;
    int chars = said.stream().mapToInt(Said::chars).sum();
    while (chars > agent.limits().maxRuntimeChars() && said.size() > first + 1) {
      do {
        chars -= said.remove(first).chars();
      } while (said.size() > first + 1 && said.get(first) instanceof ToolResult);
    }
  }

  private Future<RawJson> answered(String text) {
    task.progress().told("agent.assistant_message", RawJson.from(Map.of("turn", turns)));
    try {
      var meta = new LinkedHashMap<String, Object>();
      meta.put("engineId", agent.engine().id());
      if (agent.engine().model() != null) meta.put("model", agent.engine().model());
      meta.put("turns", turns);
      meta.put("toolCalls", calls);
      meta.put("usage", Map.of("inputTokens", inputTokens, "outputTokens", outputTokens));
      var answer = output.of(text, meta);
      task.progress().told("agent.final", RawJson.from(Map.of("turn", turns, "toolCalls", calls)));
      return Future.succeededFuture(answer);
    } catch (Output.Unfit e) {
      if (repairs++ == REPAIRS_MAX) return failed(e.code().name());
      said.add(new Assistant(text, List.of()));
      said.add(new User("That is not what was asked for: " + e.getMessage()));
      return think();
    }
  }

  private Future<?> use(Iterator<ToolCall> wanted) {
    if (!wanted.hasNext()) return Future.succeededFuture();
    if (calls == agent.limits().maxToolCalls()) {
      return failed(ErrorCode.AGENT_MAX_TOOL_CALLS.name());
    }
    var call = wanted.next();
    int index = calls++;
    var told = new LinkedHashMap<String, Object>();
    told.put("turn", turns);
    told.put("callIndex", index);
    told.put("toolId", call.toolId());
    task.progress().told("agent.tool_call", RawJson.from(with(told, "input", call.input())));
    return result(call, index)
        .compose(result -> {
          told.put("status", result.status());
          if (result.error() != null) told.put("error", result.error());
          var payload = result.output() == null ? told : with(told, "output", result.output());
          task.progress().told("agent.tool_result", RawJson.from(payload));
          said.add(observed(call, result));
          return use(wanted);
        });
  }

  private static Map<String, Object> with(Map<String, Object> some, String key, Object value) {
    var more = new LinkedHashMap<>(some);
    more.put(key, value);
    return more;
  }

  private Future<DispatchResult> result(ToolCall call, int index) {
    if (team != null && team.has(call.toolId())) return team.use(call, index);
    var tool = ToolNodes.of(task.id(), agent, call, index);
    return switch (tool) {
      case ToolNodes.Refused(var error) ->
          Future.succeededFuture(DispatchResult.failed(error, null));
      case ToolNodes.Usable(var node) ->
          leftMs() <= 0
              ? failed(ErrorCode.LLM_TIMEOUT.name())
              : task.tools().use(node, (int) Math.min(Integer.MAX_VALUE, leftMs()));
    };
  }

  private ToolResult observed(ToolCall call, DispatchResult result) {
    boolean failed = result.status() != ResultStatus.SUCCEEDED;
    boolean nothing = result.output() == null || result.output().equals(RawJson.NULL);
    var text = nothing ? "" : result.output().text();
    if (result.error() != null) text = (result.error() + ' ' + text).strip();
    int max = agent.limits().maxOutputChars();
    return new ToolResult(
        call.id(), call.toolId(), failed, text.substring(0, Math.min(max, text.length())));
  }

  // Its tools and events are told apart by its name; its time is what is left of the lead's.
  private Future<DispatchResult> teammate(String name, AgentRun mate, RawJson input) {
    var id = task.id() + ":team:" + name;
    var progress = new Told(task.progress(), name);
    long endMs = Math.min(deadlineMs, here.nowMs() + mate.limits().timeoutMs());
    var part =
        new AgentTask(
            id, mate, input, task.secret(), (int) (endMs - here.nowMs()), task.tools(), progress);
    return new Thinking(here, engines, part, endMs, false)
        .begin()
        .map(DispatchResult::succeeded)
        .recover(cause ->
            cause instanceof AgentFailed known
                ? Future.succeededFuture(DispatchResult.failed(known.getMessage(), null))
                : Future.failedFuture(cause));
  }

  /** What a teammate does, told as what its lead does. */
  private record Told(AgentTask.Progress lead, String name) implements AgentTask.Progress {
    @Override
    public void told(String kind, RawJson payload) {
      lead.told(kind, RawJson.from(Map.of("teammate", name, "event", payload)));
    }

    @Override
    public boolean wanted() {
      return lead.wanted();
    }
  }

  /** Puts one answer together. */
  private final class Hearing {
    private final Promise<Spoken> spoken = Promise.promise();
    private final StringBuilder text = new StringBuilder();
    private final List<ToolCall> wanted = new ArrayList<>();

    Future<Spoken> of(Engine engine, Inference question) {
      watch(engine.infer(question, this::hear));
      return spoken.future();
    }

    private void watch(Engine.Call call) {
      here.later(
          LOOK_MS,
          () -> {
            if (spoken.future().isComplete()) return;
            var over = leftMs() <= 0 ? ErrorCode.LLM_TIMEOUT : ErrorCode.RUN_CANCELED;
            if (leftMs() > 0 && task.progress().wanted()) {
              watch(call);
            } else {
              call.cancel();
              spoken.tryFail(new AgentFailed(over.name()));
            }
          });
    }

    private void hear(Chunk chunk) {
      switch (chunk) {
        case Chunk.Delta(var piece) -> add(piece);
        case ToolCall call -> wanted.add(call);
        case Chunk.Usage(var in, var out) -> {
          inputTokens += in;
          outputTokens += out;
        }
        case Chunk.Finish _ -> spoken.tryComplete(new Spoken(text.toString(), wanted));
        case Chunk.Failed failed -> spoken.tryFail(new AgentFailed(failed.error()));
      }
    }

    private void add(String piece) {
      int room = agent.limits().maxOutputChars() - text.length();
      text.append(piece, 0, Math.min(room, piece.length()));
    }
  }
}
