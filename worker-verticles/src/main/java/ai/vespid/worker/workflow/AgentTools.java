package ai.vespid.worker.workflow;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.http.DispatchBody;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.sql.Run;
import ai.vespid.worker.agents.AgentTask;
import ai.vespid.worker.nodes.NodeCall;
import ai.vespid.worker.nodes.RemoteNodes;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;

/**
 * Tools of an agent of a run. One is a node like any other, and one that a person would have to
 * approve is none here. Its id is the same whoever has the run, so a dispatch is handed in until
 * the gateway has answered it, and joined by whoever takes the run over.
 */
record AgentTools(RunnerCarriers by, Run run, int attempt, Carriers.Progress progress)
    implements AgentTask.Tools {
  private static final long AGAIN_MS = 500;

  @Override
  public Future<DispatchResult> use(Node tool, int timeoutMs) {
    if (!(progress.judge(tool) instanceof NodePolicy.Verdict.Allow)) {
      var denied = ErrorCode.TOOL_POLICY_DENIED.with(tool.type());
      return Future.succeededFuture(DispatchResult.failed(denied, null));
    }
    var result = tool.config().remote() ? dispatch(tool, timeoutMs) : execute(tool, timeoutMs);
    return result.recover(RunnerCarriers::unusable);
  }

  private Future<DispatchResult> execute(Node tool, int timeoutMs) {
    var key = RequestId.of(run.id(), tool.id(), attempt);
    return by.secrets()
        .of(run.organizationId(), tool)
        .compose(secret -> by.local().execute(new NodeCall(tool, secret, key, timeoutMs)));
  }

  private Future<DispatchResult> dispatch(Node tool, int timeoutMs) {
    long sinceMs = by.clock().millis();
    return by.secrets()
        .forDispatch(run.organizationId(), tool)
        .compose(secret -> {
          var along = new RemoteNodes.Along(List::of, secret.value(), secret.baseUrl());
          var body = by.remote().dispatch(run, attempt, tool, along, timeoutMs).waiting();
          long nobodyUntilMs = sinceMs + Math.min(timeoutMs, by.agentWaitMs());
          progress.dispatched(body.requestId());
          return handIn(body, sinceMs + timeoutMs, nobodyUntilMs)
              .onComplete(_ -> progress.settled(body.requestId()));
        });
  }

  // A gateway that goes away leaves open whether it took it; another one knows.
  private Future<DispatchResult> handIn(DispatchBody body, long untilMs, long nobodyUntilMs) {
    return by.gateway()
        .run(body)
        .compose(result -> {
          boolean away = ErrorCode.GATEWAY_UNAVAILABLE.name().equals(result.error());
          boolean nobody = ErrorCode.NO_AGENT_AVAILABLE.name().equals(result.error());
          long limitMs = away ? untilMs : nobody ? nobodyUntilMs : 0;
          if (by.clock().millis() + AGAIN_MS >= limitMs || !progress.wanted()) {
            return Future.succeededFuture(result);
          }
          var later = Promise.<DispatchResult>promise();
          by.after(AGAIN_MS, () -> handIn(body, untilMs, nobodyUntilMs).onComplete(later));
          return later.future();
        });
  }

  @Override
  public Future<DispatchResult> remember(String toolId, RawJson input, String callId) {
    var once = RequestId.of(run.id(), callId, attempt);
    return by.runs()
        .family(run.workflowId())
        .compose(family ->
            by.gateway().remember(run.organizationId(), "workflow:" + family, toolId, input, once));
  }
}
