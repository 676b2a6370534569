package ai.vespid.simulation;

import ai.vespid.agent.work.Outbox;
import ai.vespid.agent.work.WorkTable;
import ai.vespid.agent.work.WorkTable.Admission;
import ai.vespid.agent.work.WorkTable.Run;
import ai.vespid.gateway.edge.SocketShell;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import ai.vespid.simulation.Link.Side;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * As the agent's {@code Agent}, over the same {@link WorkTable}. A plain one keeps nothing,
 * acknowledges nothing and runs whatever it is given.
 */
final class SimAgent {
  private static final int NOT_BOUND = 0;
  private static final long TICK_MS = 1_000;
  private static final long WELCOME_MAX_MS = 5_000;

  private final Cluster cluster;
  private final World world;
  private final Plan.Agent plan;
  private final Actor actor;
  private final String id;
  private final SimDelivery delivery;
  private final Map<Run, Integer> running = new HashMap<>();
  private WorkTable table;
  private Link link;
  private Link next;
  private SocketShell socket;
  private boolean moving;
  private int failures;

  SimAgent(Cluster cluster, Plan.Agent plan) {
    this.cluster = cluster;
    this.world = cluster.world;
    this.plan = plan;
    this.actor = new Actor(world, (plan.plain() ? "plain" : "agent") + plan.number());
    this.id = "0000000%d-0000-4000-8000-000000000000".formatted(plan.number());
    this.delivery = new SimDelivery(cluster, actor, this::send);
  }

  Actor actor() {
    return actor;
  }

  String id() {
    return actor.name();
  }

  Plan.Agent plan() {
    return plan;
  }

  boolean idle() {
    return running.isEmpty() && table.idle() && delivery.isEmpty();
  }

  private boolean without(Mutant line) {
    return cluster.omits(line);
  }

  Route route(String connectionId, String edgeNode, long nowMs) {
    return new Route(
        id(),
        connectionId,
        edgeNode,
        0,
        Pool.BYON,
        SimCaller.organization(plan.organization()),
        id(),
        Set.of(),
        List.of(),
        plan.maxInFlight(),
        Set.of(Kind.AGENT_EXECUTE),
        null,
        Map.of(),
        plan.plain() ? null : actor.name() + "#" + actor.incarnation(),
        nowMs,
        nowMs,
        false,
        false);
  }

  void start() {
    actor.start();
    table = new WorkTable(plan.maxInFlight());
    delivery.restore();
    running.clear();
    link = null;
    next = null;
    moving = false;
    failures = 0;
    world.in(TICK_MS, actor, "tick", this::tick);
    world.in(0, actor, "connect", this::connect);
  }

  void dies() {
    actor.die();
    for (var one : new Link[] {link, next}) if (one != null) one.close(Side.AGENT);
    link = null;
    next = null;
  }

  private void tick() {
    world.in(TICK_MS, actor, "tick", this::tick);
    if (!plan.plain()) delivery.tick();
  }

  // Where a gateway drains the next connection is there before the last one goes.
  private void connect() {
    if (next != null || link != null && !moving) return;
    var node = anyEdge();
    var made = new Link(world, cluster.network, id());
    next = made;
    made.attach(Side.AGENT, actor, () -> lost(made));
    world.in(
        5_000,
        actor,
        "no connection",
        () -> {
          if (next == made) lost(made);
        });
    if (node.serving()) {
      world.in(
          cluster.network.delayMs(), node.process, "accept", () -> node.edge().accept(this, made));
    } else {
      world.in(cluster.network.delayMs(), actor, "refused", () -> lost(made));
    }
  }

  // A load balancer passes over who leaves, as long as nothing else goes wrong.
  private SimNode anyEdge() {
    var edges = cluster.edges();
    var serving = edges.stream().filter(SimNode::serving).toList();
    var among = cluster.plan.unfelt() && !serving.isEmpty() ? serving : edges;
    return among.get(world.pick(among.size()));
  }

  private void lost(Link which) {
    if (which != link && which != next) return;
    which.close(Side.AGENT);
    if (which == link) {
      link = null;
      socket = null;
      moving = false;
    } else next = null;
    if (next != null) return;
    long ceilingMs = Math.min(30_000, 500L << Math.min(failures++, 4));
    world.in(50 + world.between(0, ceilingMs), actor, "connect", this::connect);
  }

  /** The edge has accepted; both ends are attached. */
  void opened(Link which, SocketShell at, SimNode node) {
    world.in(
        cluster.network.delayMs(),
        actor,
        "opened",
        () -> {
          if (next != which || !which.open(Side.EDGE)) {
            which.close(Side.AGENT);
            return;
          }
          var last = link;
          link = which;
          next = null;
          moving = false;
          socket = at;
          if (last != null) last.close(Side.AGENT);
          delivery.connected();
          boolean tells = !plan.plain() && !without(Mutant.HELLO_WITHOUT_HELD);
          var inFlight = tells ? table.inFlight() : List.<Held>of();
          var finished = tells ? delivery.held() : List.<Held>of();
          world.say(actor, "says hello to", node, "running", inFlight, "finished", finished);
          which.send(Side.AGENT, "hello", () -> at.hello(inFlight, finished));
          world.in(
              WELCOME_MAX_MS,
              actor,
              "no welcome",
              () -> {
                if (link == which && !plan.plain()) delivery.notWelcomed();
              });
        });
  }

  void received(Link from, GatewayFrame frame) {
    if (from != link) return;
    switch (frame) {
      case InvokeTool invoke -> {
        if (plan.plain()) runPlainly(invoke);
        else invoke(invoke);
      }
      case GatewayFrame.ResultAck acks ->
          acks.all().forEach(ack -> forget(ack.requestId(), ack.epoch(), ack.accepted()));
      case GatewayFrame.DispatchCancel cancel -> cancel(cancel.requestId(), cancel.epoch());
      case GatewayFrame.Welcome welcome -> {
        failures = 0;
        cluster.met(this);
        welcome
            .drop()
            .forEach(held -> {
              cancel(held.requestId(), held.epoch());
              forget(held.requestId(), held.epoch(), false);
            });
        if (!plan.plain()) delivery.welcomed();
      }
      case GatewayFrame.Drain _ ->
          world.in(world.between(0, 2_000), actor, "moves", () -> move(from));
      default -> throw new IllegalStateException("never sent: " + frame.type());
    }
  }

  // One of the original knows no such frame.
  private void move(Link from) {
    if (from != link || plan.plain()) return;
    moving = true;
    connect();
  }

  private void invoke(InvokeTool invoke) {
    delivery.notWelcomed();
    if (delivery.answerAgain(invoke.requestId(), invoke.epoch())) {
      acknowledge(invoke);
      return;
    }
    if (without(Mutant.AGENT_RUNS_TWICE)) {
      acknowledge(invoke);
      begin(new WorkTable(1).admit(invoke) instanceof Admission.Start(Run run) ? run : null);
      return;
    }
    var admission = table.admit(invoke);
    world.say(
        actor,
        "is given",
        invoke.requestId(),
        "e" + invoke.epoch(),
        admission.getClass().getSimpleName());
    switch (admission) {
      case Admission.Start(Run run) -> {
        acknowledge(invoke);
        begin(run);
      }
      case Admission.Taken _ -> acknowledge(invoke);
      case Admission.Full _ -> send(failed(invoke, ErrorCode.EXECUTOR_OVER_CAPACITY));
      case Admission.Outdated _ -> {}
      case Admission.Stopped _ -> send(failed(invoke, ErrorCode.AGENT_DISCONNECTED));
    }
  }

  private static ToolResult failed(InvokeTool invoke, ErrorCode code) {
    return new ToolResult(
        invoke.requestId(), invoke.epoch(), ResultStatus.FAILED, null, code.name(), null);
  }

  private void acknowledge(InvokeTool invoke) {
    if (link == null) return;
    var at = socket;
    link.send(Side.AGENT, "ack", () -> at.acknowledged(invoke.requestId(), invoke.epoch()));
  }

  private void begin(Run run) {
    int number = cluster.history.began(run.invoke().requestId(), id(), actor.incarnation());
    running.put(run, number);
    world.in(durationMs(run.invoke()), actor, "end of run", () -> finished(run));
  }

  private long durationMs(InvokeTool invoke) {
    long ms = world.chance(0.15) ? world.between(2_000, 15_000) : world.between(5, 1_500);
    return Math.min(ms, invoke.toolPolicy().timeoutMs());
  }

  private void finished(Run run) {
    var number = running.remove(run);
    if (number == null) return;
    var result = answer(run.invoke(), number);
    cluster.history.finished(number, SimDelivery.resultOf(result));
    if (without(Mutant.AGENT_RUNS_TWICE)) delivery.deliver(result);
    table.finish(run).ifPresent(answer -> delivery.deliver(Outbox.under(result, answer.epoch())));
    for (var next = table.next(); next.isPresent(); next = table.next()) begin(next.get());
  }

  private ToolResult answer(InvokeTool invoke, int number) {
    boolean good = !world.chance(0.1);
    var upload = invoke.workspaceAccess().upload();
    var files =
        "{\"workspaceId\":\"%s\",\"version\":%d,\"objectKey\":\"%s\"}"
            .formatted(invoke.workspace().workspaceId(), upload.version(), upload.objectKey());
    return new ToolResult(
        invoke.requestId(),
        plan.plain() ? null : invoke.epoch(),
        good ? ResultStatus.SUCCEEDED : ResultStatus.FAILED,
        RawJson.of(Integer.toString(number)),
        good ? null : "HOST_EXIT_CODE:1",
        RawJson.of(files));
  }

  private void runPlainly(InvokeTool invoke) {
    int number = cluster.history.began(invoke.requestId(), id(), NOT_BOUND);
    world.in(
        durationMs(invoke),
        actor,
        "end of run",
        () -> {
          var result = answer(invoke, number);
          cluster.history.finished(number, SimDelivery.resultOf(result));
          send(result);
        });
  }

  private void send(ToolResult result) {
    if (link == null || socket == null) return;
    var at = socket;
    link.send(Side.AGENT, "result", () -> at.result(result));
  }

  private void forget(String requestId, Integer epoch, boolean accepted) {
    if (!plan.plain()) delivery.acknowledged(requestId, epoch, accepted);
  }

  private void cancel(String requestId, Integer epoch) {
    table
        .cancel(requestId, epoch)
        .ifPresent(run -> world.in(world.between(0, 300), actor, "killed", () -> finished(run)));
  }
}
