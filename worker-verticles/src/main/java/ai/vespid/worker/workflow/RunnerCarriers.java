package ai.vespid.worker.workflow;

import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.NodeEngine;
import ai.vespid.protocol.workflow.AgentRun;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.sql.AgentThought;
import ai.vespid.sql.Run;
import ai.vespid.sql.RunNode;
import ai.vespid.sql.RunRepository;
import ai.vespid.sql.RunRepository.Advance;
import ai.vespid.sql.RunRepository.Advanced;
import ai.vespid.worker.agents.AgentLoop;
import ai.vespid.worker.agents.AgentTask;
import ai.vespid.worker.gateway.GatewayClient;
import ai.vespid.worker.gateway.UnwantedDispatches;
import ai.vespid.worker.nodes.NodeCall;
import ai.vespid.worker.nodes.NodeExecutor;
import ai.vespid.worker.nodes.RemoteNodes;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What carries out the decisions of every run of one runner. */
record RunnerCarriers(
    Vertx vertx,
    InstantSource clock,
    RunRepository runs,
    Secrets secrets,
    NodeExecutor local,
    RemoteNodes remote,
    GatewayClient gateway,
    UnwantedDispatches unwanted,
    AgentLoop agents,
    SecretsUnderWay underWay,
    Duration lease,
    long lingerMs,
    long agentWaitMs)
    implements Carriers {
  @Override
  public void after(long ms, Runnable what) {
    vertx.setTimer(ms, _ -> what.run());
  }

  @Override
  public Future<List<RunNode>> arrived(String runId) {
    return runs.arrived(runId);
  }

  @Override
  public Future<Advanced> advance(Advance step) {
    return runs.advance(step);
  }

  @Override
  public Future<DispatchResult> execute(Run run, Node node, Effect.Execute effect) {
    return secrets
        .of(run.organizationId(), node)
        .compose(
            secret -> local.execute(new NodeCall(node, secret, effect.key(), effect.timeoutMs())))
        .recover(RunnerCarriers::unusable);
  }

  @Override
  public Future<DispatchResult> execute(
      Run run, Node node, Effect.Execute effect, Progress progress) {
    if (!(node.config() instanceof AgentRun agent)) return execute(run, node, effect);
    var tools = new AgentTools(this, run, effect.attempt(), progress);
    return runs.thoughts(run.id(), node.id(), effect.attempt())
        .compose(kept ->
            key(run, node, agent)
                .compose(secret ->
                    agents.run(
                        new AgentTask(
                            node.id(),
                            agent,
                            run.input(),
                            underWay.seal(secret),
                            effect.timeoutMs(),
                            tools,
                            progress,
                            byThinker(kept)))))
        .recover(RunnerCarriers::unusable);
  }

  // A program of executors that thinks here has its organization's key, as it would there.
  private Future<String> key(Run run, Node node, AgentRun agent) {
    return NodeEngine.of(agent.engine().id()).isPresent()
        ? secrets.forDispatch(run.organizationId(), node).map(Secrets.Opened::value)
        : secrets.of(run.organizationId(), node);
  }

  private static Map<String, List<RawJson>> byThinker(List<AgentThought> kept) {
    return kept.stream()
        .collect(
            Collectors.groupingBy(
                AgentThought::thinker,
                Collectors.mapping(AgentThought::thought, Collectors.toList())));
  }

  static Future<DispatchResult> unusable(Throwable cause) {
    return cause instanceof Secrets.Unusable unusable
        ? Future.succeededFuture(DispatchResult.failed(unusable.getMessage(), null))
        : Future.failedFuture(cause);
  }

  @Override
  public Future<GatewayClient.Answer> send(
      Run run, Node node, Effect.Send effect, Supplier<List<RawJson>> steps) {
    return secrets
        .forDispatch(run.organizationId(), node)
        .compose(secret -> {
          int timeoutMs = effect.timeoutMs(clock.instant());
          return gateway.dispatch(
              remote.dispatch(
                  run,
                  effect.attempt(),
                  node,
                  new RemoteNodes.Along(steps, secret.value(), secret.baseUrl()),
                  timeoutMs));
        })
        .recover(cause ->
            cause instanceof Secrets.Unusable unusable
                ? Future.succeededFuture(new GatewayClient.Refused(unusable.getMessage()))
                : Future.failedFuture(cause));
  }

  // What cannot be told now stands in the database, and the poller tells it.
  @Override
  public void cancel(Run run, Effect.Cancel effect) {
    unwanted.tell(run.organizationId(), effect.requestId());
  }
}
