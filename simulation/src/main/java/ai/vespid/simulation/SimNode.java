package ai.vespid.simulation;

import ai.vespid.gateway.dispatch.RouterShell;
import ai.vespid.gateway.registry.RegistryShell;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Homes;
import ai.vespid.kit.node.Member;
import ai.vespid.kit.node.Member.State;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.Nodes;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.SessionRegistry;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One gateway process: registry, results, ingress, and a router and sockets if it is to have them.
 * Started again it is another member. Its router may crash alone.
 */
final class SimNode {
  private static final long NEWS_MS = 1_000;
  private static final long INTRODUCED_MS = 4_000;
  private static final long DRAIN_LOOK_MS = 250;
  static final long DRAIN_MAX_MS = 30_000;
  private static final long DRAIN_MIN_MS = 2_000;
  private static final long REPLY_GRACE_MS = 1_000;
  private static final Duration ACCEPT_MAX = Duration.ofSeconds(10);

  final Cluster cluster;
  final Actor process;
  final Actor router;
  private final World world;
  private final String name;
  private final boolean decides;
  private final boolean sockets;
  private String id;
  private Membership membership;
  private State state;
  private SimResults results;
  private RegistryShell registry;
  private RouterShell shell;
  private SimEdge edge;
  private HomeCalls homes;
  private boolean dirty;

  SimNode(Cluster cluster, String name, boolean decides, boolean sockets) {
    this.cluster = cluster;
    this.world = cluster.world;
    this.name = name;
    this.decides = decides;
    this.sockets = sockets;
    this.process = new Actor(world, name);
    this.router = new Actor(world, name + ".router");
    this.id = name + "~0";
  }

  String name() {
    return name;
  }

  String id() {
    return id;
  }

  boolean decides() {
    return decides;
  }

  boolean hasSockets() {
    return sockets;
  }

  View view() {
    return membership.view();
  }

  /** As somebody sees it that has not heard of it. */
  Member member(State unheard) {
    return new Member(id, name, decides ? 1 : 0, sockets ? 1 : 0, decides ? 1 : 0, 0, unheard);
  }

  SimEdge edge() {
    return edge;
  }

  RegistryShell registry() {
    return registry;
  }

  boolean serving() {
    return process.alive() && state == State.SERVING;
  }

  void start() {
    process.start();
    id = name + '~' + process.incarnation();
    state = State.STARTING;
    membership = new Membership(member(State.STARTING), cluster.plan.alone());
    var here = new SimSurroundings(this, process);
    var bus = cluster.bus;
    results = new SimResults(cluster, process);
    bus.serve(this, process, ResultStore.at(id), q -> results.receive((ResultStore<?>) q));
    registry = new RegistryShell(here, cluster.omitted);
    bus.serve(this, process, SessionRegistry.at(id), q -> registry.receive((SessionRegistry<?>) q));
    bus.subscribe(
        this,
        process,
        SessionRegistry.FEED,
        news -> registry.heard((SessionRegistry.FeedNews) news));
    bus.subscribe(
        this,
        process,
        Nodes.NEWS,
        news -> {
          var says = (Nodes.Says) news;
          if (!says.node().equals(id)) membership.state(says.node(), State.valueOf(says.state()));
        });
    homes = new HomeCalls(here);
    edge = sockets ? new SimEdge(this, here) : null;
    if (sockets) {
      bus.serve(this, process, ExecutorEdge.at(id, 0), q -> edge.receive((ExecutorEdge<?>) q));
    }
    membership.listen((_, now) -> world.in(0, process, "view", () -> viewChanged(now)));
    startRouter();
    new SimFailover(this, here).begin();
    cluster.members.refresh(this);
    cluster.members.changed(500);
    long introducedMs = world.nowMs() + INTRODUCED_MS;
    world.in(world.between(20, 500), process, "serves", () -> serve(introducedMs));
    world.in(NEWS_MS, process, "news", this::news);
  }

  void startRouter() {
    if (!decides || !process.alive() || router.alive()) return;
    router.start();
    var here = new SimSurroundings(this, router);
    var ports = new NodePorts(this);
    shell =
        new RouterShell(
            ports, here, cluster.plan.limits(), router.name() + '#' + router.incarnation());
    var now = shell;
    var bus = cluster.bus;
    bus.subscribe(
        this,
        router,
        SessionRegistry.changes(id),
        change -> {
          dirty = true;
          switch ((SessionRegistry.Change) change) {
            case SessionRegistry.RouteUp up -> now.routeUp(up.route());
            case SessionRegistry.RouteDown down ->
                now.routeDown(down.executorId(), down.connectionId());
          }
        });
    shell.start(registry.all());
    bus.serve(this, router, DispatchRouter.at(id, 0), q -> now.receive((DispatchRouter<?>) q));
    shell.viewChanged(view());
  }

  void routerDies() {
    if (!router.alive()) return;
    cluster.history.homesMoved();
    router.die();
  }

  /** The process is killed. */
  void dies() {
    cluster.history.homesMoved();
    if (router.alive()) router.die();
    process.die();
    if (edge != null) edge.processDied();
    cluster.members.changed(2_000);
  }

  /** What the cluster manager says. */
  void alive(List<Member> members) {
    if (!process.alive()) return;
    membership.alive(members);
    say();
  }

  private void viewChanged(View now) {
    cluster.history.homesMoved();
    world.say(name, "sees", now.members());
    registry.viewChanged(now);
    homes.viewChanged(now);
    if (router.alive()) world.in(0, router, "view", () -> shell.viewChanged(now));
    if (edge != null) edge.viewChanged(now);
    if (edge != null && membership.draining()) edge.drain();
  }

  private void news() {
    world.in(NEWS_MS, process, "news", this::news);
    say();
  }

  private void say() {
    cluster.bus.publish(this, Nodes.NEWS, new Nodes.Says(id, state.name()));
  }

  // Who serves before it knows the others takes itself for the only home.
  private void serve(long introducedMs) {
    boolean known = view().introduced() || cluster.omits(Mutant.SERVES_BEFORE_INTRODUCED);
    if (known || world.nowMs() >= introducedMs) become(State.SERVING);
    else world.in(20, process, "serves", () -> serve(introducedMs));
  }

  private void become(State now) {
    state = now;
    membership.state(id, now);
    say();
  }

  /** SIGTERM: goes on elsewhere with everything and ends. */
  void leave() {
    if (state != State.SERVING) return;
    world.say(name, "drains");
    become(State.DRAINING);
    long leastMs = cluster.omits(Mutant.LEAVES_AT_ONCE) ? 0 : DRAIN_MIN_MS;
    lookWhetherEmpty(world.nowMs() + leastMs, world.nowMs() + DRAIN_MAX_MS);
  }

  private void lookWhetherEmpty(long earliestMs, long untilMs) {
    boolean empty =
        (edge == null || edge.size() == 0) && (!router.alive() || shell.occupancy() == 0);
    boolean stays = !empty || world.nowMs() < earliestMs;
    if (stays && world.nowMs() < untilMs) {
      world.in(DRAIN_LOOK_MS, process, "empty?", () -> lookWhetherEmpty(earliestMs, untilMs));
      return;
    }
    if (router.alive()) shell.stop();
    world.say(name, "leaves", empty ? "with nothing" : "at its deadline");
    world.in(1, process, "leaves", this::dies);
  }

  boolean draining() {
    return state == State.DRAINING;
  }

  Optional<RouterShell> shell() {
    return process.alive() && router.alive() ? Optional.of(shell) : Optional.empty();
  }

  /** True when its router did something since it was last asked. */
  boolean touched() {
    boolean was = dirty;
    dirty = false;
    return was;
  }

  // Ingress

  Future<DispatchRouter.Reply> submit(Dispatch dispatch, boolean async) {
    if (state == State.STARTING) return Future.failedFuture(Network.fault(Fault.Code.UNAVAILABLE));
    var key = Homes.queueKey(dispatch.selector().pool(), dispatch.organizationId());
    if (async) return homes.ask(key, new DispatchRouter.Accept(dispatch), ACCEPT_MAX);
    return homes.ask(
        key,
        left -> new DispatchRouter.Run(dispatch.within(left - REPLY_GRACE_MS)),
        new DispatchRouter.Await(key, dispatch.requestId(), dispatch.organizationId()),
        Duration.ofMillis(dispatch.timeoutMs() + REPLY_GRACE_MS));
  }

  Future<Optional<SimResults.Stored>> result(String requestId) {
    return results.find(requestId);
  }

  /** Asks the home of a key, for the sockets of this node. */
  HomeCalls homes() {
    return homes;
  }

  @Override
  public String toString() {
    return name;
  }
}
