package ai.vespid.bench.fault;

import ai.vespid.bench.Credential;
import ai.vespid.bench.fault.HeldWork.Run;
import ai.vespid.bench.fault.History.Event;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.executor.ExecutorFrame.DispatchAck;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.executor.GatewayFrame.Acknowledged;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * An agent that does no work and everything else: it acknowledges, repeats results until it is
 * thanked, says after a reconnect what it holds, never runs an id twice, and can die, which loses
 * all it knew. Confined to the fleet's loop.
 */
final class FaultAgent implements AgentLink.Listener {
  private static final String VERSION = "fault-1";
  private static final long REPEAT_MS = 1_000;

  private final Vertx vertx;
  private final Setup setup;
  private final History history;
  private final AgentLink link;
  private String bootId;
  private HeldWork work;
  private int executions;
  private boolean welcomed;
  private boolean hoarding;

  /**
   * Who it is.
   *
   * @param cable what stands between it and the gateways
   * @param first the gateway it begins with
   * @param room how much it takes at once
   */
  record Setup(String name, Credential credential, Cable cable, int first, int room) {}

  FaultAgent(Vertx vertx, Setup setup, History history) {
    this.vertx = vertx;
    this.setup = setup;
    this.history = history;
    this.link =
        new AgentLink(vertx, setup.credential().token(), setup.cable().urls(), setup.first(), this);
    boot();
    vertx.setPeriodic(REPEAT_MS, _ -> sendFinished());
  }

  private void boot() {
    bootId = UUID.randomUUID().toString();
    work = new HeldWork();
    welcomed = false;
  }

  String name() {
    return setup.name();
  }

  String executorId() {
    return setup.credential().executorId();
  }

  Cable cable() {
    return setup.cable();
  }

  int room() {
    return setup.room();
  }

  boolean isIdle() {
    return work.ids().isEmpty();
  }

  boolean isWelcomed() {
    return welcomed;
  }

  int running() {
    return work.running().size();
  }

  void start() {
    link.start();
  }

  /** Closes its connection and stays away until it is started again; it forgets nothing. */
  void leave() {
    welcomed = false;
    link.stop();
  }

  /** Its process dies: what it held is gone, and nobody is told. */
  void die() {
    link.abandon();
    cable().cut();
    boot();
  }

  /** Another process of the same agent begins. */
  void comeBack() {
    cable().heal();
    link.start();
  }

  /** From now on it finishes nothing; with false it finishes all of that. */
  void hoard(boolean hoarding) {
    this.hoarding = hoarding;
    if (!hoarding) work.running().forEach(this::finish);
  }

  /** Writes down what it still has. */
  void tellLeft() {
    work.ids().forEach(id -> history.add(new Event.Left(history.nowMs(), name(), id)));
  }

  @Override
  public Hello hello() {
    return new Hello(
        VERSION,
        executorId(),
        setup.credential().pool(),
        setup.credential().organizationId(),
        name(),
        List.of(),
        room(),
        Set.of(Kind.CONNECTOR_ACTION, Kind.AGENT_EXECUTE),
        null,
        null,
        bootId,
        Set.of(Hello.ACK),
        HeldWork.held(work.running()),
        HeldWork.held(work.finished()));
  }

  @Override
  public void opened() {
    welcomed = false;
  }

  @Override
  public void received(GatewayFrame frame) {
    switch (frame) {
      case InvokeTool invoke -> invoke(invoke);
      case GatewayFrame.Welcome welcome -> {
        welcome.drop().forEach(held -> work.drop(held.requestId(), held.epoch()));
        welcomed = true;
        sendFinished();
      }
      case GatewayFrame.ResultAck acks -> acks.all().forEach(this::thanked);
      case GatewayFrame.DispatchCancel cancel -> work.drop(cancel.requestId(), cancel.epoch());
      // The link moves on a drain; a refusal shows in what is not answered.
      case GatewayFrame.Drain _, GatewayFrame.Refusal _ -> {}
      case GatewayFrame.SessionOpen _,
          GatewayFrame.SessionTurn _,
          GatewayFrame.SessionCancel _,
          GatewayFrame.MemorySync _,
          GatewayFrame.MemoryQuery _ ->
          throw new IllegalStateException("nobody opened a session: " + frame.type());
    }
  }

  private void thanked(Acknowledged ack) {
    history.add(
        new Event.Thanked(history.nowMs(), ack.requestId(), ack.epoch(), name(), ack.accepted()));
    work.acknowledged(ack.requestId(), ack.epoch());
  }

  private void invoke(InvokeTool invoke) {
    var id = invoke.requestId();
    int epoch = invoke.epoch();
    history.add(new Event.Offered(history.nowMs(), id, epoch, name()));
    switch (work.admit(id, epoch)) {
      case BEGIN -> {
        link.send(new DispatchAck(id, epoch));
        begin(invoke);
      }
      case TAKEN -> link.send(new DispatchAck(id, epoch));
      case DONE -> {
        link.send(new DispatchAck(id, epoch));
        work.finished(id).ifPresent(this::send);
      }
      case OUTDATED -> {}
    }
  }

  private void begin(InvokeTool invoke) {
    var input = Json.read(invoke.payload().bytes(), JsonNode.class).path("input");
    var execution = "%s/%s/%d".formatted(name(), bootId.substring(0, 8), ++executions);
    var run =
        new Run(invoke.requestId(), invoke.epoch(), execution, input.path("number").asLong(-1));
    work.begin(run);
    history.add(new Event.Began(history.nowMs(), run.id, name(), execution));
    vertx.setTimer(
        Math.max(1, input.path("workMs").asLong()),
        _ -> {
          if (!hoarding) finish(run);
        });
  }

  // Of a run that died with its process nothing is known any more.
  private void finish(Run run) {
    if (work.finish(run) && welcomed) send(run);
  }

  private void sendFinished() {
    if (welcomed) work.finished().forEach(this::send);
  }

  private void send(Run run) {
    var output =
        "{\"number\":%d,\"execution\":\"%s\",\"epoch\":%d}"
            .formatted(run.number, run.execution, run.epoch());
    link.send(
        new ToolResult(
            run.id, run.epoch(), ResultStatus.SUCCEEDED, RawJson.of(output), null, null));
  }
}
