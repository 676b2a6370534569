package ai.vespid.worker.workflow;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Definition;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.sql.Run;
import ai.vespid.sql.RunNode;
import ai.vespid.sql.RunRepository.Advance;
import ai.vespid.sql.RunRepository.Advanced;
import ai.vespid.sql.RunRepository.Claimed;
import ai.vespid.sql.RunRepository.Held;
import ai.vespid.sql.RunRepository.Renewed;
import ai.vespid.worker.gateway.GatewayClient;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** As {@link WorkflowRunnerVerticle}, over the same {@link HeldRun} and {@link RunMachine}. */
public final class RunnerShell implements HeldRun.Ends {
  public static final Duration LEASE = Duration.ofSeconds(15);
  public static final Duration AGENT_WAIT = Duration.ofSeconds(30);
  private static final long LINGER_MS = 200;
  private static final RunRules RULES =
      new RunRules(60_000, Duration.ofSeconds(5), Duration.ofSeconds(5), 50, 4_000);

  /** How long a node may be blocked. */
  public static final Duration NODE_TIME = Duration.ofSeconds(65);

  private final Ports ports;
  private final Map<String, HeldRun> held = new HashMap<>();
  private boolean leaving;

  /** The world of one worker process; what it asks for may never be answered. */
  public interface Ports {
    InstantSource clock();

    void after(long ms, Runnable what);

    Definition definition();

    Future<List<Claimed>> claim(Optional<String> run);

    Future<Renewed> renew(List<Held> held);

    Future<List<RunNode>> arrived(String runId);

    Future<Advanced> advance(Advance step);

    /** The node's own work, in this process. */
    Future<DispatchResult> execute(String runId, String nodeId, String key);

    Future<GatewayClient.Answer> send(String runId, String nodeId, String requestId, long untilMs);

    /** Nobody wants this dispatch any more. */
    void cancel(String requestId);

    /** Tells all workers that it is held here. */
    void holds(String runId);

    /** Tells all workers that it is due. */
    void due(String runId);
  }

  private final class World implements Carriers {
    @Override
    public InstantSource clock() {
      return ports.clock();
    }

    @Override
    public Duration lease() {
      return LEASE;
    }

    @Override
    public long lingerMs() {
      return LINGER_MS;
    }

    @Override
    public long agentWaitMs() {
      return AGENT_WAIT.toMillis();
    }

    @Override
    public void after(long ms, Runnable what) {
      ports.after(ms, what);
    }

    @Override
    public Future<List<RunNode>> arrived(String runId) {
      return ports.arrived(runId);
    }

    @Override
    public Future<Advanced> advance(Advance step) {
      return ports.advance(step);
    }

    @Override
    public Future<DispatchResult> execute(Run run, Node node, Effect.Execute effect) {
      return ports.execute(run.id(), node.id(), effect.key());
    }

    @Override
    public Future<GatewayClient.Answer> send(
        Run run, Node node, Effect.Send effect, Supplier<List<RawJson>> steps) {
      long untilMs = effect.deadline().toEpochMilli();
      return ports.send(run.id(), node.id(), effect.requestId(), untilMs);
    }

    @Override
    public void cancel(Run run, Effect.Cancel effect) {
      ports.cancel(effect.requestId());
    }
  }

  public RunnerShell(Ports ports) {
    this.ports = ports;
  }

  /** Claims what is due. */
  public void sweep() {
    if (!leaving) claim(Optional.empty());
  }

  private void claim(Optional<String> run) {
    long askedAt = ports.clock().millis();
    ports.claim(run).onSuccess(all -> all.forEach(claimed -> hold(claimed, askedAt)));
  }

  private void hold(Claimed claimed, long askedAtMs) {
    var definition = ports.definition();
    var machine =
        new RunMachine(definition, claimed.run(), claimed.cursor(), RULES, NodePolicy.ALLOW_ALL);
    var run = new HeldRun(new World(), definition, claimed, machine, askedAtMs, this);
    var before = held.get(run.id());
    if (before != null) before.drop("it was claimed again");
    held.put(run.id(), run);
    ports.holds(run.id());
    run.begin(claimed);
    if (leaving) run.leave();
  }

  public void renew() {
    var mine = List.copyOf(held.values());
    long askedAt = ports.clock().millis();
    ports
        .renew(mine.stream().map(HeldRun::held).toList())
        .onSuccess(renewed -> {
          for (var run : mine) {
            if (renewed.canceled().contains(run.id())) run.cancel();
            else {
              var wakeSeq = renewed.kept().get(run.id());
              if (wakeSeq != null) run.renewed(askedAt, wakeSeq);
              else if (held.get(run.id()) == run) run.drop("another runner has it");
            }
          }
        });
  }

  /** It was told that this run is due. */
  public void wake(String runId) {
    var mine = held.get(runId);
    if (mine != null) mine.look();
    else if (!leaving) claim(Optional.of(runId));
  }

  /** It was told that somebody wants this run to end. */
  public void canceled(String runId) {
    var mine = held.get(runId);
    if (mine != null) mine.cancel();
    else wake(runId);
  }

  /** A result for a run that it may hold. */
  public boolean bring(String runId, String requestId, DispatchResult result) {
    var mine = held.get(runId);
    return mine != null && mine.bring(requestId, result);
  }

  /** Stops as a worker does that is told to. */
  public void leave() {
    leaving = true;
    List.copyOf(held.values()).forEach(HeldRun::leave);
  }

  public boolean holdsNothing() {
    return held.isEmpty();
  }

  @Override
  public void released(HeldRun run, Turn last, boolean wanted) {
    held.remove(run.id(), run);
    if (!wanted) return;
    if (leaving) ports.due(run.id());
    else wake(run.id());
  }

  @Override
  public void dropped(HeldRun run, String why) {
    held.remove(run.id(), run);
  }
}
