package ai.vespid.gateway.sessions;

import ai.vespid.kit.node.Homes;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.DispatchRouter.Finished;
import ai.vespid.protocol.bus.DispatchRouter.Refused;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionMemory;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference.Tool;
import ai.vespid.protocol.session.SessionEvent;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;

/** Carries out what an engine asks for, on the session's host, as an ordinary dispatch. */
final class ToolUse {
  private static final Duration CANCEL_MAX = Duration.ofSeconds(6);
  private static final Duration MEMORY_MAX = Duration.ofSeconds(30);
  private static final long ANSWER_GRACE_MS = 5_000;
  private static final long AGAIN_MS = 250;
  private static final int REFUSALS_MAX = 4;

  private final World world;
  private final Session session;
  private final Turn turn;
  private final Hosting hosting;
  private final long deadlineMs;
  // The dispatch of the call that has not answered, whoever sent it.
  private String underWay;
  // Whose home has it: a reset gives the host up, not the call.
  private Pool pool;
  private boolean calling;

  ToolUse(World world, Session session, Turn turn, Hosting hosting, long deadlineMs) {
    this.world = world;
    this.session = session;
    this.turn = turn;
    this.hosting = hosting;
    this.deadlineMs = deadlineMs;
  }

  Future<Route> host() {
    return hosting.host();
  }

  /** What the host says of those of the session's tools that are its own. */
  Future<List<Tool>> described() {
    var allow = session.row().toolsAllow();
    if (!Tools.asksHost(allow)) return Future.succeededFuture(List.of());
    // Not that of the last owner: its host may have been another one.
    var node = "turn-" + turn.seq() + "-tools-" + session.held().epoch();
    var requestId = RequestId.of(turn.sessionId(), node, 1);
    return hosting
        .host()
        .compose(host -> {
          var organization = session.row().organizationId();
          var question = world.tools().question(requestId, organization, turn, allow, host);
          return run(new DispatchRouter.Run(question));
        })
        .map(result -> result.output() == null ? List.<Tool>of() : Tools.answered(result.output()))
        .otherwise(List.of());
  }

  /** From now on a cancel reaches this call: an owner before this one may have sent it. */
  void expect(int index) {
    underWay = RequestId.of(turn.sessionId(), "turn-" + turn.seq() + "-tool-" + index, 1);
    pool = session.row().pinnedExecutorPool();
  }

  /** What came of a call; a tool that fails is an answer too. */
  Future<Payloads.Step> use(ToolCall call, int index) {
    if (!Tools.allowed(session.row().toolsAllow(), call.toolId())) {
      var error = ErrorCode.TOOL_NOT_ALLOWED.with(call.toolId());
      return Future.succeededFuture(step(call, index, DispatchResult.failed(error, null)));
    }
    if (Tools.memory(call.toolId()).isPresent()) return remember(call, index);
    expect(index);
    calling = true;
    var requestId = underWay;
    return permitted(call)
        .compose(permitted ->
            permitted
                ? dispatch(call, requestId, 0)
                : Future.succeededFuture(
                    DispatchResult.failed(ErrorCode.TOOL_POLICY_DENIED.with(call.toolId()), null)))
        .onComplete(_ -> {
          underWay = null;
          calling = false;
        })
        .map(result -> step(call, index, result));
  }

  // Not the host's to do: what a session remembers is there wherever it runs.
  private Future<Payloads.Step> remember(ToolCall call, int index) {
    var row = session.row();
    var toolId = Tools.memory(call.toolId()).orElseThrow();
    var use = new SessionMemory.Use(row.organizationId(), row.sessionKey(), toolId, call.input());
    return world
        .here()
        .ask(SessionMemory.at(world.here().node()), use, MEMORY_MAX)
        .map(used ->
            used.error() == null
                ? DispatchResult.succeeded(used.output())
                : DispatchResult.failed(used.error(), null))
        .otherwise(DispatchResult.failed(ErrorCode.SERVICE_UNAVAILABLE))
        .map(result -> step(call, index, result));
  }

  private Future<Boolean> permitted(ToolCall call) {
    return call.toolId().equals(Tools.SHELL)
        ? world.shells().allows(session.row().organizationId())
        : Future.succeededFuture(true);
  }

  private Future<DispatchResult> dispatch(ToolCall call, String requestId, int refusals) {
    return hosting
        .host()
        .compose(host -> {
          try {
            long leftMs = deadlineMs - world.here().nowMs();
            var organization = session.row().organizationId();
            var allow = session.row().toolsAllow();
            var dispatch =
                world.tools().dispatch(requestId, organization, turn, call, allow, host, leftMs);
            return run(new DispatchRouter.Run(dispatch));
          } catch (Tools.Refused e) {
            return Future.succeededFuture(DispatchResult.failed(e.getMessage(), null));
          }
        })
        .compose(result -> {
          boolean nobody = ErrorCode.NO_AGENT_AVAILABLE.name().equals(result.error());
          if (!nobody || refusals == REFUSALS_MAX) return Future.succeededFuture(result);
          // It was not begun: the host went just now, and there may be another one.
          Promise<DispatchResult> later = Promise.promise();
          world
              .here()
              .later(AGAIN_MS, () -> dispatch(call, requestId, refusals + 1).onComplete(later));
          return later.future();
        });
  }

  private Future<DispatchResult> run(DispatchRouter.Run run) {
    var dispatch = run.dispatch();
    pool = dispatch.selector().pool();
    var key = Homes.queueKey(pool, dispatch.organizationId());
    var await = new DispatchRouter.Await(key, dispatch.requestId(), dispatch.organizationId());
    var max = Duration.ofMillis(dispatch.timeoutMs() + ANSWER_GRACE_MS);
    return world
        .homes()
        .askWhile(() -> !hosting.over(), key, _ -> run, await, max)
        .map(reply ->
            switch (reply) {
              case Finished(var result, _) -> result;
              case Refused(var code, _) -> DispatchResult.failed(code);
              case DispatchRouter.Accepted _ ->
                  throw new IllegalStateException("a synchronous dispatch is never accepted");
            })
        .otherwise(_ -> DispatchResult.failed(ErrorCode.GATEWAY_TIMEOUT));
  }

  private Payloads.Step step(ToolCall call, int index, DispatchResult result) {
    return new Payloads.Step(
        SessionEvent.TOOL_RESULT,
        index,
        call.id(),
        call.toolId(),
        null,
        result.status(),
        result.status() == ResultStatus.FAILED ? result.error() : null,
        cut(result.output()));
  }

  // What is longer than an answer may be is told as a text of what fits.
  private RawJson cut(RawJson output) {
    int max = session.row().limits().maxOutputChars();
    return output == null || output.size() <= max
        ? output
        : RawJson.from(output.text().substring(0, Math.min(max, output.text().length())));
  }

  /**
   * Ends what is under way, wherever it runs; completes when its host has said that nothing of it
   * is left, or after {@link #CANCEL_MAX}.
   */
  Future<?> cancel() {
    return cancel(world.here().nowMs() + CANCEL_MAX.toMillis());
  }

  private Future<?> cancel(long untilMs) {
    long leftMs = untilMs - world.here().nowMs();
    if (underWay == null || pool == null || leftMs <= 0) return Future.succeededFuture();
    var organization = session.row().organizationId();
    var key = Homes.queueKey(pool, organization);
    var unwanted = new DispatchRouter.Cancel(key, underWay, organization);
    return world
        .homes()
        .ask(key, unwanted, Duration.ofMillis(leftMs))
        .otherwiseEmpty()
        .compose(_ -> calling ? cancelAgain(untilMs) : Future.succeededFuture());
  }

  // It may have been on its way to its home when that was asked to end it.
  private Future<?> cancelAgain(long untilMs) {
    Promise<Void> again = Promise.promise();
    world.here().later(AGAIN_MS, () -> cancel(untilMs).onComplete(_ -> again.complete()));
    return again.future();
  }
}
