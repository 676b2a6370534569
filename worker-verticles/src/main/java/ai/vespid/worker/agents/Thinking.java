package ai.vespid.worker.agents;

import ai.vespid.kit.engine.Engines;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference;
import ai.vespid.protocol.engine.Inference.Assistant;
import ai.vespid.protocol.engine.Inference.Said;
import ai.vespid.protocol.engine.Inference.Tool;
import ai.vespid.protocol.engine.Inference.ToolResult;
import ai.vespid.protocol.engine.Inference.User;
import ai.vespid.protocol.engine.KnownTools;
import ai.vespid.protocol.workflow.AgentRun;
import ai.vespid.protocol.workflow.Node;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One agent at work: thinks, uses tools, looks at what came of them, thinks again, until it answers
 * or a limit ends it. An answer that is not what was asked for is given back twice at most. Each
 * step is kept before it counts; who takes an agent over goes over what is kept, asks no engine and
 * uses no tool for it, and goes on behind it.
 */
final class Thinking {
  private static final int REPAIRS_MAX = 2;
  private static final int QUESTION_MS = 10_000;

  private final Surroundings here;
  private final Engines engines;
  private final AgentTask task;
  private final AgentRun agent;
  private final AgentRun.Engine model;
  private final AgentSteps steps;
  private final Output output;
  private final Team team;
  private final List<Said> said = new ArrayList<>();
  private List<Tool> hosted = List.of();
  private long deadlineMs;
  private int turns;
  private int calls;
  private int repairs;
  private long inputTokens;
  private long outputTokens;

  /**
   * @param leads whether it may have a team
   */
  Thinking(Surroundings here, Engines engines, AgentTask task, long deadlineMs, boolean leads) {
    this.here = here;
    this.engines = engines;
    this.task = task;
    this.agent = task.agent();
    this.model = agent.engine().asModel();
    this.deadlineMs = deadlineMs;
    this.steps = new AgentSteps(task);
    this.output = Output.of(agent.output());
    this.team = leads && agent.team() != null ? new Team(agent, this::teammate) : null;
  }

  /** Its output; fails with {@link AgentFailed}. */
  Future<RawJson> begin() {
    var prompt = agent.prompt();
    if (prompt.system() != null) said.add(new Inference.System(prompt.system()));
    if (output.told() != null) said.add(new Inference.System(output.told()));
    said.add(new User(Prompts.instructions(prompt, task.input())));
    steps.next(AgentStep.Begun.class).ifPresentOrElse(this::resume, this::start);
    return ToolNodes.question(task.id(), agent)
        .map(this::asked)
        .orElse(Future.succeededFuture())
        .compose(_ -> think());
  }

  // A host that does not answer has none; what it has may be named all the same.
  private Future<?> asked(Node question) {
    return task.tools()
        .use(question, QUESTION_MS)
        .onSuccess(result -> {
          if (result.output() != null) hosted = KnownTools.answered(result.output());
        });
  }

  private void start() {
    // Not awaited: without it the time of who takes over would only begin later.
    var told = Map.of("engineId", model.id());
    steps.keep(new AgentStep.Begun(deadlineMs), "agent.start", told);
  }

  private void resume(AgentStep.Begun begun) {
    deadlineMs = begun.deadlineMs();
    var told = Map.of("engineId", model.id(), "steps", steps.kept());
    task.progress().told("agent.resumed", RawJson.from(told));
  }

  private long leftMs() {
    return deadlineMs - here.nowMs();
  }

  private Future<RawJson> think() {
    if (!task.progress().wanted()) return failed(ErrorCode.RUN_CANCELED.name());
    if (!steps.past() && task.progress().leaves()) return Future.failedFuture(new AgentTask.Left());
    if (!steps.past() && leftMs() <= 0) return failed(ErrorCode.LLM_TIMEOUT.name());
    if (turns == agent.limits().maxTurns()) return failed(ErrorCode.AGENT_MAX_TURNS.name());
    turns++;
    trim();
    return steps
        .next(AgentStep.Answered.class)
        .map(Future::succeededFuture)
        .orElseGet(this::ask)
        .compose(answer -> {
          inputTokens += answer.inputTokens();
          outputTokens += answer.outputTokens();
          if (answer.calls().isEmpty()) return answered(answer.text());
          said.add(new Assistant(answer.text(), answer.calls()));
          return use(answer.calls().iterator()).compose(_ -> think());
        });
  }

  private static <T> Future<T> failed(String code) {
    return Future.failedFuture(new AgentFailed(code));
  }

  private Future<AgentStep.Answered> ask() {
    var id = model.id();
    var engine = engines.find(id);
    if (engine.isEmpty()) return failed(ErrorCode.EXECUTOR_UNSUPPORTED_ENGINE.name());
    task.progress().told("agent.turn_started", RawJson.from(Map.of("turn", turns)));
    var question =
        new Inference(
            id,
            model.model(),
            said,
            ToolNodes.described(agent, team, hosted),
            agent.limits().maxOutputChars(),
            Math.toIntExact(Math.max(1, leftMs())),
            task.secret());
    return new Hearing(here, deadlineMs, task.progress()::wanted)
        .of(engine.get(), question)
        .compose(answer -> {
          boolean silent = answer.text().isBlank() && !answer.calls().isEmpty();
          var told = Map.of("turn", turns, "content", answer.text());
          return steps
              .keep(answer, silent ? null : "agent.assistant_message", told)
              .map(AgentSteps.asKept(answer));
        });
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
    try {
      var meta = new LinkedHashMap<String, Object>();
      meta.put("engineId", model.id());
      if (model.model() != null) meta.put("model", model.model());
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
    int index = calls++;
    return result(wanted.next(), index)
        .compose(result -> {
          said.add(result);
          return use(wanted);
        });
  }

  private Future<ToolResult> result(ToolCall call, int index) {
    boolean again = steps.next(AgentStep.Called.class).isPresent();
    var before = steps.next(AgentStep.Observed.class);
    if (before.isPresent()) return Future.succeededFuture(before.get().result());
    if (!again && task.progress().leaves()) return Future.failedFuture(new AgentTask.Left());
    var told = new LinkedHashMap<String, Object>();
    told.put("turn", turns);
    told.put("callIndex", index);
    told.put("toolId", call.toolId());
    return called(call, index, again, told)
        .compose(_ -> carryOut(call, index, again))
        .compose(result -> {
          told.put("status", result.status());
          if (result.error() != null) told.put("error", result.error());
          var payload = result.output() == null ? told : with(told, "output", result.output());
          var observed = observed(call, result);
          return steps
              .keep(new AgentStep.Observed(observed), "agent.tool_result", payload)
              .map(observed);
        });
  }

  private Future<Void> called(ToolCall call, int index, boolean again, Map<String, Object> told) {
    return again
        ? Future.succeededFuture()
        : steps.keep(
            new AgentStep.Called(index), "agent.tool_call", with(told, "input", call.input()));
  }

  private static Map<String, Object> with(Map<String, Object> some, String key, Object value) {
    var more = new LinkedHashMap<>(some);
    more.put(key, value);
    return more;
  }

  // A dispatch that was sent before is joined under its id, and so are a teammate and a write. What
  // this process did itself nobody can ask for: it is not done again.
  private Future<DispatchResult> carryOut(ToolCall call, int index, boolean again) {
    if (team != null && team.has(call.toolId())) return team.use(call, index);
    var memory = ToolNodes.memory(agent, team, call);
    if (memory.isPresent()) {
      var callId = ToolNodes.callId(task.id(), call, index);
      return task.tools().remember(memory.get(), call.input(), callId);
    }
    return switch (ToolNodes.of(task.id(), agent, team, call, index)) {
      case ToolNodes.Refused(var error) ->
          Future.succeededFuture(DispatchResult.failed(error, null));
      case ToolNodes.Usable(var node) when again && !node.config().remote() ->
          Future.succeededFuture(
              DispatchResult.failed(ErrorCode.TOOL_OUTCOME_UNKNOWN.with(call.toolId()), null));
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
            id,
            mate,
            input,
            task.secret(),
            (int) (endMs - here.nowMs()),
            task.tools(),
            progress,
            task.kept());
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
      lead.told(kind, named(payload));
    }

    private RawJson named(RawJson payload) {
      return RawJson.from(Map.of("teammate", name, "event", payload));
    }

    @Override
    public Future<Void> kept(
        String thinker, int seq, RawJson thought, String kind, RawJson payload) {
      return lead.kept(thinker, seq, thought, kind, payload == null ? null : named(payload));
    }

    @Override
    public boolean wanted() {
      return lead.wanted();
    }

    @Override
    public boolean leaves() {
      return lead.leaves();
    }
  }
}
