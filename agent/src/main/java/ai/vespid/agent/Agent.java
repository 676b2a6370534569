package ai.vespid.agent;

import static java.lang.Boolean.FALSE;

import ai.vespid.agent.command.LocalDesk;
import ai.vespid.agent.command.Node;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.link.Backoff;
import ai.vespid.agent.link.Link;
import ai.vespid.agent.operation.AgentStatus;
import ai.vespid.agent.operation.LocalCommands;
import ai.vespid.agent.operation.Meters;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.task.TaskRunner;
import ai.vespid.agent.trust.CommandGate;
import ai.vespid.agent.work.Outbox;
import ai.vespid.agent.work.WorkTable;
import ai.vespid.agent.work.WorkTable.Admission;
import ai.vespid.agent.work.WorkTable.Run;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.executor.ExecutorFrame;
import ai.vespid.protocol.executor.ExecutorFrame.DispatchAck;
import ai.vespid.protocol.executor.ExecutorFrame.DispatchCanceled;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.ExecutorFrame.ToolEvent;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import ai.vespid.protocol.trust.CommandVerifier;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running agent: what arrives on the link is admitted by the work table and run on a virtual
 * thread; its result goes to the delivery.
 *
 * <p>All state is confined to the link's context.
 */
public final class Agent implements Link.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
  private static final long TICK_MS = 1_000;
  private static final long WELCOME_MAX_MS = 5_000;
  private static final Duration STATUS_MAX = Duration.ofSeconds(5);
  private static final Duration TURN = Duration.ofMillis(100);
  private static final Duration KILL_MAX = Duration.ofSeconds(10);
  private static final Duration FLUSH_MAX = Duration.ofSeconds(2);

  private final Vertx vertx;
  private final AgentConfig config;
  private final TaskRunner runner;
  private final Sandboxes sandboxes;
  private final SandboxWatch watch;
  private final NodeEngines engines;
  private final EngineWatch engineWatch;
  private final WorkTable table;
  private final Link link;
  private final Delivery delivery;
  private final Abilities abilities;
  private final Map<Run, Cancellation> cancellations = new IdentityHashMap<>();
  private final Waiters waiters;
  private final Meters meters = new Meters();
  private final CommandGate gate;
  private final Condition condition;
  private final Telemeter telemeter;
  private volatile Consumer<String> givenUp = _ -> {};
  private boolean stopping;
  private int connections;

  public Agent(Vertx vertx, AgentConfig config, AgentParts parts) {
    this.vertx = vertx;
    this.config = config;
    this.runner = parts.runner();
    this.sandboxes = parts.sandboxes();
    this.watch = new SandboxWatch(sandboxes, this::announce);
    this.engines = parts.engines();
    this.engineWatch = new EngineWatch(engines, this::announce);
    this.abilities = new Abilities(parts, runner.node());
    this.gate = parts.way().gate();
    this.table = new WorkTable(config.maxInFlight());
    var backoff = new Backoff(RandomGenerator.getDefault(), parts.way().patience());
    this.link =
        new Link(
            vertx,
            new Link.Target(
                config.gatewayWsUrl(),
                config.executorToken(),
                parts.way().trust(),
                parts.way().proxy()),
            parts.way().pace(),
            this,
            backoff);
    this.waiters = new Waiters(link);
    this.delivery = new Delivery(parts.outbox(), parts.journal(), link);
    this.condition = new Condition(config, parts, link, table, delivery);
    condition.counted(meters, backoff);
    this.telemeter =
        new Telemeter(vertx, link, parts, runner.node(), () -> condition.now(stopping));
  }

  /** Reads what an earlier process left and connects. */
  public void start() throws IOException {
    delivery.restore();
    vertx.setPeriodic(TICK_MS, _ -> link.run(this::tick));
    // At once, for it costs nothing: the first hello offers scripts. Others may take their time.
    sandboxes.probe("host");
    if (runner.node().isPresent()) runner.node().get().start(this::announce, link::connected);
    link.start();
    watch.start();
    engineWatch.start();
  }

  // What can be done here has changed; the gateway hears it before the next heartbeat.
  private void announce() {
    link.run(() -> {
      link.send(hello());
      telemeter.changed();
    });
  }

  private void tick() {
    delivery.tick();
    waiters.settle();
  }

  /** How it is now. Blocks, so it is not for the link's own context. */
  public AgentStatus status() {
    var answer = new CompletableFuture<AgentStatus>();
    link.run(() -> answer.complete(condition.now(stopping)));
    return answer.orTimeout(STATUS_MAX.toMillis(), TimeUnit.MILLISECONDS).join();
  }

  /** What this machine's own operator may have it do. */
  public LocalCommands commands() {
    return new LocalDesk(runner.node());
  }

  public Meters meters() {
    return meters;
  }

  @Override
  public Hello hello() {
    meters.hello();
    return abilities.hello(config, table.inFlight(), delivery.held());
  }

  // Progress, which may be lost: what it comes to stands in the result.
  private void progressed(Run run, Cancellation cancellation, RawJson event) {
    link.run(() -> {
      if (cancellation.cancelled() || !link.writable()) return;
      link.send(new ToolEvent(run.invoke().requestId(), event));
    });
  }

  /** What to do when no connection comes about; told a code. */
  public void onGivingUp(Consumer<String> end) {
    givenUp = end;
  }

  @Override
  public void gaveUp(String code) {
    LOG.atError().addKeyValue("code", code).log("the gateway is not waited for any longer");
    givenUp.accept(code);
  }

  @Override
  public byte[] believed(byte[] frame) {
    return switch (gate.open(frame)) {
      case CommandVerifier.Verdict.Good(var inner) -> inner;
      case CommandVerifier.Verdict.Denied(var code, var message) -> {
        LOG.atWarn().addKeyValue("code", code).addKeyValue("cause", message).log("frame denied");
        meters.denied(code.name());
        link.send(new ExecutorFrame.FrameDenied(code.name(), message));
        yield null;
      }
    };
  }

  @Override
  public void opened() {
    int connection = ++connections;
    meters.connected();
    telemeter.stop();
    gate.reread();
    delivery.connected();
    vertx.setTimer(
        WELCOME_MAX_MS,
        _ ->
            link.run(() -> {
              if (connection == connections && link.connected()) delivery.notWelcomed();
            }));
  }

  @Override
  public void received(GatewayFrame frame) {
    switch (frame) {
      case InvokeTool invoke -> invoke(invoke);
      case GatewayFrame.ResultAck acks ->
          acks.all()
              .forEach(
                  ack -> acknowledged(ack.requestId(), ack.epoch(), !FALSE.equals(ack.accepted())));
      case GatewayFrame.DispatchCancel cancel -> cancel(cancel.requestId(), cancel.epoch());
      case GatewayFrame.Welcome welcome -> {
        welcome.drop().forEach(this::drop);
        delivery.welcomed();
        telemeter.every(welcome.telemetryMs());
      }
      case GatewayFrame.SessionOpen open ->
          link.send(NotHere.session(open.requestId(), open.sessionId()));
      case GatewayFrame.SessionTurn turn ->
          link.send(NotHere.session(turn.requestId(), turn.sessionId()));
      case GatewayFrame.MemorySync sync -> link.send(NotHere.memory(sync));
      case GatewayFrame.MemoryQuery query -> link.send(NotHere.memory(query));
      case GatewayFrame.Drain _, GatewayFrame.Refusal _, GatewayFrame.SessionCancel _ -> {}
    }
  }

  private void invoke(InvokeTool invoke) {
    delivery.notWelcomed();
    // Neither acknowledged nor begun: the gateway is free to give it to another.
    if (stopping) return;
    if (config.pool() == Pool.BYON && !invoke.organizationId().equals(config.organizationId())) {
      link.send(TaskRunner.failed(invoke, ErrorCode.FORBIDDEN.name(), null));
      return;
    }
    // Commands are denied where each of them gets its result.
    if (!abilities.parts().executes() && invoke.kind() != Kind.AGENT_COMMAND) {
      link.send(TaskRunner.failed(invoke, ErrorCode.EXECUTION_DISABLED.name(), null));
      return;
    }
    if (delivery.answerAgain(invoke.requestId(), invoke.epoch())) {
      acknowledge(invoke);
      return;
    }
    switch (table.admit(invoke)) {
      case Admission.Start(Run run) -> {
        acknowledge(invoke);
        begin(run);
      }
      case Admission.Taken _ -> acknowledge(invoke);
      case Admission.Full _ ->
          link.send(TaskRunner.failed(invoke, ErrorCode.EXECUTOR_OVER_CAPACITY.name(), null));
      case Admission.Outdated _ -> {}
      // Stopped when a gateway that did not know of it called it unwanted.
      case Admission.Stopped _ ->
          link.send(TaskRunner.failed(invoke, ErrorCode.AGENT_DISCONNECTED.name(), null));
    }
  }

  private void acknowledge(InvokeTool invoke) {
    if (invoke.epoch() != null) link.send(new DispatchAck(invoke.requestId(), invoke.epoch()));
  }

  private void begin(Run run) {
    var cancellation = new Cancellation();
    cancellations.put(run, cancellation);
    Thread.ofVirtual()
        .name("task")
        .start(() -> {
          long began = System.nanoTime();
          var result =
              runner.run(run.invoke(), cancellation, event -> progressed(run, cancellation, event));
          meters.task(result.error(), System.nanoTime() - began);
          link.run(() -> finished(run, result));
        });
  }

  private void finished(Run run, ToolResult result) {
    cancellations.remove(run);
    table
        .finish(run)
        .ifPresentOrElse(
            answer -> delivery.deliver(Outbox.under(result, answer.epoch())),
            () -> gone(run.invoke().requestId(), run.epoch()));
    for (var next = table.next(); next.isPresent(); next = table.next()) begin(next.get());
    waiters.settle();
  }

  private void acknowledged(String requestId, Integer epoch, boolean wanted) {
    delivery.acknowledged(requestId, epoch, wanted);
    waiters.settle();
  }

  private void drop(ExecutorFrame.Held held) {
    stop(held.requestId(), held.epoch());
    acknowledged(held.requestId(), held.epoch(), false);
  }

  private void stop(String requestId, Integer epoch) {
    table.cancel(requestId, epoch).map(cancellations::get).ifPresent(Cancellation::cancel);
  }

  // Said when it is true, and again when it is asked again.
  private void cancel(String requestId, Integer epoch) {
    stop(requestId, epoch);
    if (!table.runs(requestId)) gone(requestId, epoch);
  }

  private void gone(String requestId, Integer epoch) {
    if (epoch != null) link.send(new DispatchCanceled(requestId, epoch));
  }

  /**
   * Takes nothing new and lets work finish for {@code grace}; then ends it, unanswered, so that the
   * gateway may give it to another where that is allowed. Delivers what is finished and says
   * goodbye. Blocks.
   */
  public void stop(Duration grace) {
    link.run(() -> {
      stopping = true;
      table.abandonWaiting();
    });
    if (!waiters.await(table::idle, grace.plus(TURN))) {
      LOG.atWarn().log("work is still running at the end of the grace and is ended");
      link.run(() -> {
        table.abandon();
        List.copyOf(cancellations.values()).forEach(Cancellation::cancel);
      });
      waiters.await(table::idle, KILL_MAX);
    }
    watch.stop();
    engineWatch.stop();
    runner.close();
    runner.node().ifPresent(Node::stop);
    waiters.await(delivery::settled, FLUSH_MAX);
    var closed = new CompletableFuture<Void>();
    link.run(() -> link.stop().onComplete(_ -> closed.complete(null)));
    closed.orTimeout(2, TimeUnit.SECONDS).exceptionally(_ -> null).join();
  }
}
