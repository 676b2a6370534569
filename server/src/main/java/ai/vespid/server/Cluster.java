package ai.vespid.server;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.kit.node.Member;
import ai.vespid.kit.node.Member.State;
import ai.vespid.kit.node.Membership;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Nodes;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.LifecycleEvent;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node among the others. Hazelcast says who is alive, in seconds instead of its default
 * minute; what a node is and in which state it says itself. Nothing safety-relevant rests on it:
 * PostgreSQL decides.
 */
final class Cluster implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);
  private static final Duration PROBE_MAX = Duration.ofSeconds(2);
  private static final long INTRODUCED_MS = 4_000;
  private static final int ANNOUNCED_EVERY = 10;

  private final ClusterConfig config;
  private final Member self;
  private final Membership membership;
  private final FirmClusterManager manager;
  private final Runnable unreachable;
  private final Runnable leave;
  private State state = State.STARTING;
  private long timer;
  private long rounds;
  private final Reachability reachability = new Reachability();
  private Vertx vertx;
  private Bus bus;

  /**
   * @param unreachable called when this node is in the cluster but the others cannot reach it
   * @param leave called when an operator wants this node to go
   */
  Cluster(
      ClusterConfig config,
      Member self,
      Membership membership,
      Runnable unreachable,
      Runnable leave) {
    this.config = config;
    this.self = self;
    this.membership = membership;
    this.unreachable = unreachable;
    this.leave = leave;
    // Read before the first class of it is loaded, which logs.
    System.setProperty("hazelcast.logging.type", "slf4j");
    this.manager = new FirmClusterManager(HazelcastSetup.of(config, self));
  }

  /** The clustered Vert.x of this node; fails when the cluster's port is taken. */
  Future<Vertx> open(VertxBuilder builder) {
    return builder
        .withClusterManager(manager)
        .buildClustered()
        .onSuccess(opened -> vertx = opened)
        .recover(cause ->
            Future.failedFuture(
                new ConfigurationException(
                    "the cluster on %s:%d cannot be joined (%s); check CLUSTER_HOST, CLUSTER_PORT"
                        .formatted(config.host(), config.port(), cause.getMessage()))));
  }

  EventBusOptions busOptions() {
    var options =
        new EventBusOptions()
            .setHost(config.host())
            .setPort(config.busPort())
            .setConnectTimeout((int) PROBE_MAX.toMillis())
            .setClusterPingInterval(2_000)
            .setClusterPingReplyInterval(2_000);
    if (config.busPublicPort() != config.busPort()) {
      options.setClusterPublicHost(config.host()).setClusterPublicPort(config.busPublicPort());
    }
    if (config.tls() != null) seal(options, config.tls());
    return options;
  }

  // Both ends show a certificate. Hazelcast Community cannot seal what it says itself, which is who
  // is there and who
  // listens to what; that belongs on a private interface.
  private static void seal(EventBusOptions options, ClusterConfig.Tls tls) {
    options
        .setSsl(true)
        .setClientAuth(ClientAuth.REQUIRED)
        .setKeyCertOptions(
            new PemKeyCertOptions()
                .addCertPath(tls.certificate().toString())
                .addKeyPath(tls.key().toString()))
        .setTrustOptions(new PemTrustOptions().addCertPath(tls.authority().toString()));
  }

  /** Takes part: hears of the others, tells of itself. */
  Future<Void> begin() {
    bus = new Bus(vertx, self.id());
    var hazelcast = manager.getHazelcastInstance();
    hazelcast
        .getCluster()
        .addMembershipListener(
            new MembershipListener() {
              @Override
              public void memberAdded(MembershipEvent event) {
                refresh();
              }

              @Override
              public void memberRemoved(MembershipEvent event) {
                refresh();
              }
            });
    hazelcast
        .getLifecycleService()
        .addLifecycleListener(event -> {
          if (event.getState() == LifecycleEvent.LifecycleState.MERGED) refresh();
        });
    timer =
        vertx.setPeriodic(
            Reachability.EVERY_MS,
            _ -> {
              tell();
              exchange();
              probe();
              announce();
            });
    return bus.subscribe(
            Nodes.NEWS, news -> membership.state(news.node(), State.valueOf(news.state())))
        .compose(_ -> bus.serve(Nodes.at(self.id()), 1_000, this::receive))
        .onSuccess(_ -> {
          refresh();
          exchange();
        })
        .mapEmpty();
  }

  /**
   * Completes when every member has said what it does, which takes a second, or a little later: who
   * serves before it knows the others takes itself for the only home.
   */
  Future<Void> introduced() {
    var introduced = Promise.<Void>promise();
    membership.listen((_, now) -> {
      if (now.introduced()) introduced.tryComplete();
    });
    if (membership.view().introduced()) introduced.tryComplete();
    vertx.setTimer(
        INTRODUCED_MS,
        _ -> {
          if (introduced.tryComplete()) {
            LOG.warn("not every member has said what it does; this node serves all the same");
          }
        });
    return introduced.future();
  }

  private Future<? extends Message> receive(Nodes<?> request) {
    return switch (request) {
      case Nodes.Probe probe ->
          bus.ask(Nodes.at(probe.from()), new Nodes.Answer(), PROBE_MAX)
              .transform(
                  answer -> Future.succeededFuture(new Nodes.Probe.Seen(answer.succeeded())));
      case Nodes.Answer _ -> Future.succeededFuture(new Done());
      case Nodes.Exchange other -> {
        heard(other.said());
        yield Future.succeededFuture(new Nodes.Says(self.id(), state.name()));
      }
      case Nodes.Drain _ -> {
        leave.run();
        yield Future.succeededFuture(new Done());
      }
    };
  }

  private void refresh() {
    var members =
        manager.getHazelcastInstance().getCluster().getMembers().stream()
            .map(member ->
                member.localMember()
                    ? self
                    : new Member(
                        member.getAttribute("id"),
                        member.getAttribute("name"),
                        Integer.parseInt(member.getAttribute("routers")),
                        Integer.parseInt(member.getAttribute("edges")),
                        count(member.getAttribute("sessions")),
                        count(member.getAttribute("runners")),
                        State.UNKNOWN))
            .toList();
    var before = membership.view().members().size();
    membership.alive(members);
    if (before != members.size()) {
      LOG.atInfo()
          .addKeyValue("members", members.stream().map(Member::name).sorted().toList())
          .log("the cluster changed");
    }
    tell();
  }

  // When nobody hears this node any more it is said at once.
  private void announce() {
    if (rounds++ % ANNOUNCED_EVERY != 0 && !reachability.doubted()) return;
    manager
        .announceAgain()
        .onFailure(cause ->
            LOG.atDebug()
                .addKeyValue("cause", cause.getMessage())
                .log("not all that is listened to here could be said again; it will be tried"));
  }

  // A node of the version before does not say it: it has none.
  private static int count(String attribute) {
    return attribute == null ? 0 : Integer.parseInt(attribute);
  }

  void say(State now) {
    state = now;
    membership.state(self.id(), now);
    if (bus != null) tell();
  }

  private void tell() {
    bus.publish(Nodes.NEWS, new Nodes.Says(self.id(), state.name()));
  }

  // Who does not answer is asked again in a second, and probed.
  private void exchange() {
    var own = new Nodes.Exchange(self.id(), state.name());
    membership.view().members().stream()
        .map(Member::id)
        .filter(id -> !id.equals(self.id()))
        .forEach(id -> bus.ask(Nodes.at(id), own, PROBE_MAX).onSuccess(this::heard));
  }

  // An answer may be overtaken by news; a state is never gone back to.
  private void heard(Nodes.Says says) {
    var said = State.valueOf(says.state());
    membership
        .view()
        .member(says.node())
        .filter(member -> member.state().compareTo(said) < 0)
        .ifPresent(member -> membership.state(member.id(), said));
  }

  // Subscriptions of a node that others cannot reach linger on some of them: such a node is worse
  // than none (vertx-hazelcast#196, vert.x#4394).
  private void probe() {
    var others =
        membership.view().members().stream()
            .filter(member -> member.state() == State.SERVING && state != State.STARTING)
            .map(Member::id)
            .filter(id -> !id.equals(self.id()))
            .sorted()
            .toList();
    reachability.next(others, System.nanoTime() / 1_000_000).ifPresent(this::probe);
  }

  private void probe(String other) {
    bus.ask(Nodes.at(other), new Nodes.Probe(self.id()), PROBE_MAX.multipliedBy(2))
        .onComplete(answer -> {
          // A member that is gone by now says nothing about us.
          if (!membership.view().has(other)) return;
          boolean before = reachability.lost();
          if (answer.failed()) reachability.silent(other);
          else if (answer.result().reached()) reachability.reached();
          else reachability.refused();
          if (reachability.doubtful()) {
            LOG.atWarn().addKeyValue("asked", other).log("probes of this node fail");
          }
          if (reachability.lost() && !before) unreachable.run();
        });
  }

  @Override
  public void close() {
    // Vert.x closes the cluster manager with itself.
    if (bus != null) vertx.cancelTimer(timer);
    bus = null;
  }
}
