package ai.vespid.agent;

import ai.vespid.agent.link.Backoff;
import ai.vespid.agent.link.Link;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.task.TaskRunner;
import ai.vespid.agent.work.Journal;
import ai.vespid.agent.work.WorkTable;
import ai.vespid.agent.work.WorkTable.Admission;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.executor.ExecutorFrame;
import ai.vespid.protocol.executor.ExecutorFrame.DispatchAck;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.ExecutorFrame.TurnError;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running agent: what arrives on the link is admitted by the work table and run on a virtual
 * thread; its result is journalled, sent, and repeated until the gateway acknowledges it.
 *
 * <p>All state is confined to the link's context.
 */
public final class Agent implements Link.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
  private static final long REPEAT_MS = 5_000;

  private final AgentConfig config;
  private final TaskRunner runner;
  private final Journal journal;
  private final WorkTable table;
  private final Link link;
  private final List<String> connectors;
  private final String bootId = UUID.randomUUID().toString();
  private final Map<String, Cancellation> cancellations = new HashMap<>();
  private final CompletableFuture<Void> idle = new CompletableFuture<>();
  private boolean stopping;

  public Agent(
      Vertx vertx,
      AgentConfig config,
      String caFile,
      TaskRunner runner,
      List<String> connectors,
      Journal journal) {
    this.config = config;
    this.runner = runner;
    this.journal = journal;
    this.connectors = List.copyOf(connectors);
    this.table = new WorkTable(config.maxInFlight());
    this.link =
        new Link(
            vertx,
            new Link.Target(config.gatewayWsUrl(), config.executorToken(), caFile),
            this,
            new Backoff(RandomGenerator.getDefault()));
    vertx.setPeriodic(REPEAT_MS, _ -> link.run(this::repeat));
  }

  /** Reads what an earlier process left and connects. */
  public void start() throws IOException {
    for (var result : journal.read(Instant.now())) table.restore(result);
    link.start();
  }

  @Override
  public Hello hello() {
    return new Hello(
        config.executorVersion(),
        config.executorId(),
        config.pool(),
        config.organizationId(),
        config.executorName(),
        config.labels(),
        config.maxInFlight(),
        Set.of(Kind.CONNECTOR_ACTION, Kind.AGENT_EXECUTE),
        connectors,
        null,
        bootId,
        Set.of(Hello.ACK),
        table.inFlight(),
        table.finished());
  }

  @Override
  public void opened() {
    repeat();
  }

  @Override
  public void received(GatewayFrame frame) {
    switch (frame) {
      case InvokeTool invoke -> invoke(invoke);
      case GatewayFrame.ResultAck acks ->
          acks.all().forEach(ack -> acknowledged(ack.requestId(), ack.epoch()));
      case GatewayFrame.DispatchCancel cancel -> cancel(cancel.requestId(), cancel.epoch());
      case GatewayFrame.Welcome welcome -> welcome.drop().forEach(this::drop);
      case GatewayFrame.SessionOpen open -> refuseSession(open.requestId(), open.sessionId());
      case GatewayFrame.SessionTurn turn -> refuseSession(turn.requestId(), turn.sessionId());
      case GatewayFrame.Drain _,
          GatewayFrame.Refusal _,
          GatewayFrame.SessionCancel _,
          GatewayFrame.MemorySync _,
          GatewayFrame.MemoryQuery _ -> {}
    }
  }

  private void refuseSession(String requestId, String sessionId) {
    var code = ErrorCode.EXECUTOR_UNSUPPORTED_ENGINE.name();
    link.send(new TurnError(requestId, sessionId, code, "this agent has no engine"));
  }

  private void invoke(InvokeTool invoke) {
    boolean foreign =
        config.pool() == Pool.BYON && !invoke.organizationId().equals(config.organizationId());
    if (foreign || stopping) {
      var code = foreign ? ErrorCode.FORBIDDEN : ErrorCode.AGENT_DISCONNECTED;
      link.send(TaskRunner.failed(invoke, code.name(), null));
      return;
    }
    switch (table.admit(invoke)) {
      case Admission.Start start -> {
        acknowledge(invoke);
        begin(start.invoke());
      }
      case Admission.Taken _ -> acknowledge(invoke);
      case Admission.Finished finished -> {
        acknowledge(invoke);
        link.send(finished.result());
      }
      case Admission.Full _ ->
          link.send(TaskRunner.failed(invoke, ErrorCode.EXECUTOR_OVER_CAPACITY.name(), null));
      case Admission.Outdated _ -> {}
    }
  }

  private void acknowledge(InvokeTool invoke) {
    if (invoke.epoch() != null) link.send(new DispatchAck(invoke.requestId(), invoke.epoch()));
  }

  private void begin(InvokeTool invoke) {
    var cancellation = new Cancellation();
    cancellations.put(invoke.requestId(), cancellation);
    Thread.ofVirtual()
        .name("task")
        .start(() -> {
          var result = runner.run(invoke, cancellation);
          link.run(() -> finished(result));
        });
  }

  private void finished(ToolResult result) {
    cancellations.remove(result.requestId());
    table.finish(result).ifPresent(this::journalAndSend);
    for (var next = table.next(); next.isPresent(); next = table.next()) begin(next.get());
    if (stopping && table.idle()) idle.complete(null);
  }

  private void journalAndSend(ToolResult result) {
    Thread.ofVirtual()
        .name("journal")
        .start(() -> {
          try {
            journal.write(result);
          } catch (IOException e) {
            // It is sent all the same; only the loss of this process could lose it now.
            LOG.atError()
                .addKeyValue("request", result.requestId())
                .addKeyValue("cause", e.getClass().getSimpleName())
                .log("a result could not be journalled");
          }
          link.run(() -> link.send(result));
        });
  }

  private void acknowledged(String requestId, Integer epoch) {
    if (table.acknowledged(requestId, epoch)) forget(requestId);
  }

  private void drop(ExecutorFrame.Held held) {
    cancel(held.requestId(), held.epoch());
    acknowledged(held.requestId(), held.epoch());
  }

  private void forget(String requestId) {
    Thread.ofVirtual()
        .name("journal")
        .start(() -> {
          try {
            journal.remove(requestId);
          } catch (IOException e) {
            LOG.atWarn()
                .addKeyValue("request", requestId)
                .addKeyValue("cause", e.getClass().getSimpleName())
                .log("a journalled result could not be removed");
          }
        });
  }

  private void cancel(String requestId, Integer epoch) {
    if (!table.cancel(requestId, epoch)) return;
    var cancellation = cancellations.remove(requestId);
    if (cancellation != null) Thread.ofVirtual().name("cancel").start(cancellation::cancel);
  }

  private void repeat() {
    if (link.connected()) table.unacknowledged().forEach(link::send);
  }

  /** Takes nothing new, lets work finish for {@code grace}, then stops it and says goodbye. */
  public void stop(Duration grace) {
    link.run(() -> {
      stopping = true;
      if (table.idle()) idle.complete(null);
    });
    try {
      idle.get(grace.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.atWarn().log("work is still running at the end of the grace and is stopped");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
    var closed = new CompletableFuture<Void>();
    link.run(() -> {
      cancellations.values().forEach(Cancellation::cancel);
      link.stop().onComplete(_ -> closed.complete(null));
    });
    closed.orTimeout(2, TimeUnit.SECONDS).exceptionally(_ -> null).join();
  }
}
