package ai.vespid.gateway.sessions;

import ai.vespid.kit.node.MemoryCalls;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionMemory;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference.Tool;
import ai.vespid.protocol.engine.KnownTools;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;

/** Carries out what an engine asks for, on the session's host, as an ordinary dispatch. */
final class ToolUse {
  private static final Duration MEMORY_MAX = Duration.ofSeconds(30);

  private final World world;
  private final Session session;
  private final Turn turn;
  private final HostWork work;
  private final long deadlineMs;

  ToolUse(World world, Session session, Turn turn, HostWork work, long deadlineMs) {
    this.world = world;
    this.session = session;
    this.turn = turn;
    this.work = work;
    this.deadlineMs = deadlineMs;
  }

  /** What the host says of those of the session's tools that are its own. */
  Future<List<Tool>> described() {
    var allow = session.row().toolsAllow();
    if (!Tools.asksHost(allow)) return Future.succeededFuture(List.of());
    // Not that of the last owner: its host may have been another one.
    var node = "turn-" + turn.seq() + "-tools-" + session.held().epoch();
    var requestId = RequestId.of(turn.sessionId(), node, 1);
    return work.host(Wanted.TOOLS)
        .compose(host -> {
          var organization = session.row().organizationId();
          return work.run(world.tools().question(requestId, organization, turn, allow, host));
        })
        .map(result ->
            result.output() == null ? List.<Tool>of() : KnownTools.answered(result.output()))
        .otherwise(List.of());
  }

  /** From now on a cancel reaches this call: an owner before this one may have sent it. */
  void expect(int index) {
    work.expect(requestId(index));
  }

  private String requestId(int index) {
    return RequestId.of(turn.sessionId(), "turn-" + turn.seq() + "-tool-" + index, 1);
  }

  /** What came of a call; a tool that fails is an answer too. */
  Future<Payloads.Step> use(ToolCall call, int index) {
    if (!KnownTools.allowed(session.row().toolsAllow(), call.toolId())) {
      var error = ErrorCode.TOOL_NOT_ALLOWED.with(call.toolId());
      return Future.succeededFuture(step(call, index, DispatchResult.failed(error, null)));
    }
    if (KnownTools.memory(call.toolId()).isPresent()) return remember(call, index);
    var requestId = requestId(index);
    var denied = DispatchResult.failed(ErrorCode.TOOL_POLICY_DENIED.with(call.toolId()), null);
    return work.during(
            requestId,
            () ->
                permitted(call)
                    .compose(permitted ->
                        permitted
                            ? work.onHost(Wanted.TOOLS, host -> dispatch(call, requestId, host))
                            : Future.succeededFuture(denied)))
        .map(result -> step(call, index, result));
  }

  // Not the host's to do: what a session remembers is there wherever it runs.
  private Future<Payloads.Step> remember(ToolCall call, int index) {
    var row = session.row();
    var toolId = KnownTools.memory(call.toolId()).orElseThrow();
    // An owner before this one may have asked for it.
    var once = requestId(index);
    return new MemoryCalls(world.here())
        .ask(
            new SessionMemory.Use(
                row.organizationId(), row.sessionKey(), toolId, call.input(), once),
            MEMORY_MAX)
        .map(used ->
            used.error() == null
                ? DispatchResult.succeeded(used.output())
                : DispatchResult.failed(used.error(), null))
        .otherwise(DispatchResult.failed(ErrorCode.SERVICE_UNAVAILABLE))
        .map(result -> step(call, index, result));
  }

  private Future<Boolean> permitted(ToolCall call) {
    return call.toolId().equals(KnownTools.SHELL)
        ? world.shells().allows(session.row().organizationId())
        : Future.succeededFuture(true);
  }

  private Future<DispatchResult> dispatch(ToolCall call, String requestId, Route host) {
    try {
      long leftMs = deadlineMs - world.here().nowMs();
      var organization = session.row().organizationId();
      var allow = session.row().toolsAllow();
      return work.run(
          world.tools().dispatch(requestId, organization, turn, call, allow, host, leftMs));
    } catch (Tools.Refused e) {
      return Future.succeededFuture(DispatchResult.failed(e.getMessage(), null));
    }
  }

  private Payloads.Step step(ToolCall call, int index, DispatchResult result) {
    var output = cut(result.output(), session.row().limits().maxOutputChars());
    var told = new DispatchResult(result.status(), output, result.error(), null);
    return Payloads.Step.answered(index, call.id(), call.toolId(), told);
  }

  /** What is longer than an answer may be is told as a text of what fits. */
  static RawJson cut(RawJson output, int charsMax) {
    return output == null || output.size() <= charsMax
        ? output
        : RawJson.from(output.text().substring(0, Math.min(charsMax, output.text().length())));
  }
}
