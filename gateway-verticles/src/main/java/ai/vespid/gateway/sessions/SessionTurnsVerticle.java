package ai.vespid.gateway.sessions;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.bus.Mailbox;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.kit.engine.Engine;
import ai.vespid.kit.engine.Engines;
import ai.vespid.kit.engine.RemoteEngine;
import ai.vespid.kit.engine.RunnerEngine;
import ai.vespid.kit.engine.ScriptedEngine;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.Settings;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionRegistry.Change;
import ai.vespid.protocol.bus.SessionRegistry.RouteDown;
import ai.vespid.protocol.bus.SessionRegistry.RouteUp;
import ai.vespid.protocol.bus.SessionTurns;
import ai.vespid.protocol.bus.SessionTurns.Archive;
import ai.vespid.protocol.bus.SessionTurns.Cancel;
import ai.vespid.protocol.bus.SessionTurns.Reset;
import ai.vespid.protocol.bus.SessionTurns.Restore;
import ai.vespid.protocol.bus.SessionTurns.Say;
import ai.vespid.protocol.bus.SessionTurns.Unwatch;
import ai.vespid.protocol.bus.SessionTurns.Watch;
import ai.vespid.sql.Database;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.SessionOwnerRepository;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.HashMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the sessions this shard is home for. Rebuilt from their rows and events: what was under way
 * is found by a sweep and goes on.
 */
public final class SessionTurnsVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(SessionTurnsVerticle.class);
  private static final Duration ASK_MAX = Duration.ofSeconds(5);
  private static final Duration DRAIN_MAX = Duration.ofSeconds(5);
  private static final long TICK_MS = 100;
  private static final int ORPHANS_MAX = 500;

  private final Node node;
  private final Seat self;
  private final SessionOwnerRepository owners;
  private SessionTurnsSettings settings;
  private Ownership ownership;
  private Hosts hosts;
  private Membership.Listener following;
  private Mailbox mailbox;
  private boolean sweeping;

  public SessionTurnsVerticle(Node node, int shard, SessionOwnerRepository owners) {
    this.node = node;
    this.self = new Seat(node.id(), shard);
    this.owners = owners;
  }

  @Override
  public Future<?> start() {
    settings = Settings.bind("session-turns", config(), SessionTurnsSettings.class);
    var bus = new Bus(vertx, node.id());
    var here = Surroundings.of(vertx, node);
    hosts = new Hosts(here.nowMs());
    var pinning = new Pinning(hosts, settings.hostGrace().toMillis());
    var tools = new Tools(settings.githubApiBaseUrl());
    var keys =
        Keys.stored(
            new SecretRepository(node.service(Database.class)), node.optional(Envelope.class));
    var world =
        new World(here, HomeCalls.of(vertx, node), owners, pinning, tools, engines(here), keys);
    ownership = new Ownership(world, self, settings.lease(), settings.sessionsMax());
    node.meters().gauge("vespid.sessions.owned", ownership, Ownership::size);
    var context = vertx.getOrCreateContext();
    following = (_, _) -> context.runOnContext(_ -> ownership.viewChanged());
    node.membership().listen(following);
    vertx.setPeriodic(TICK_MS, _ -> ownership.tick(here.nowMs()));
    vertx.setPeriodic(settings.lease().toMillis() / 3, _ -> ownership.renew());
    vertx.setPeriodic(settings.sweepEvery().toMillis(), _ -> sweep());
    return bus.subscribe(SessionRegistry.changes(node.id()), this::routeChanged)
        .compose(
            _ -> bus.ask(SessionRegistry.at(node.id()), new SessionRegistry.Snapshot(), ASK_MAX))
        .onSuccess(snapshot -> snapshot.routes().forEach(hosts::up))
        .compose(_ ->
            bus.serve(
                SessionTurns.at(self.node(), self.shard()), settings.inFlightMax(), this::receive))
        .onSuccess(opened -> mailbox = opened)
        .onSuccess(_ -> sweep());
  }

  private Engines engines(Surroundings here) {
    var all = new HashMap<String, Engine>();
    all.put(ScriptedEngine.ID, new ScriptedEngine(here::later));
    all.put(RunnerEngine.PREFIX, models(here));
    node.optional(Engines.class).ifPresent(more -> all.putAll(more.byId()));
    return new Engines(all);
  }

  private Engine models(Surroundings here) {
    if (settings.engineRunnerBaseUrl() == null) return new RunnerEngine(here);
    return new RemoteEngine(
        vertx,
        settings.engineRunnerBaseUrl(),
        settings.engineRunnerToken(),
        settings.engineRunnerTimeoutMs(),
        new SecretsUnderWay(node.optional(Envelope.class)));
  }

  @Override
  public Future<?> stop() {
    node.membership().forget(following);
    if (mailbox == null) return Future.succeededFuture();
    return mailbox.drain(DRAIN_MAX).eventually(ownership::close);
  }

  private Future<? extends Message> receive(SessionTurns<?> request) {
    return switch (request) {
      case Say say -> of(say, say.organizationId(), session -> session.say(say));
      case Cancel cancel ->
          of(cancel, cancel.organizationId(), session -> session.cancel(cancel.userId()));
      case Reset reset -> of(reset, reset.organizationId(), session -> session.reset(reset));
      case Archive archive ->
          of(
              archive,
              archive.organizationId(),
              session -> session.status("archived", archive.userId()));
      case Restore restore ->
          of(
              restore,
              restore.organizationId(),
              session -> session.status("active", restore.userId()));
      case Watch watch ->
          of(
              watch,
              watch.organizationId(),
              session -> session.watch(new Seat(watch.edgeNode(), watch.edgeShard())));
      case Unwatch unwatch -> unwatch(unwatch);
    };
  }

  private <R extends Message> Future<R> of(
      SessionTurns<R> request, String organizationId, Function<Session, Future<R>> act) {
    return ownership
        .open(request.sessionId())
        .compose(session ->
            session.row().organizationId().equals(organizationId)
                ? act.apply(session)
                : Future.failedFuture(new Fault(Fault.Code.NOT_FOUND, "no such session")));
  }

  private Future<Done> unwatch(Unwatch gone) {
    ownership
        .find(gone.sessionId())
        .ifPresent(
            session -> session.watchers().remove(new Seat(gone.edgeNode(), gone.edgeShard())));
    return Future.succeededFuture(new Done());
  }

  private void routeChanged(Change change) {
    switch (change) {
      case RouteUp up -> hosts.up(up.route());
      case RouteDown down ->
          hosts.down(down.executorId(), down.connectionId(), node.clock().millis());
    }
  }

  // What a dead owner left goes on here when this is its home now.
  private void sweep() {
    ownership.giveBackIdle(node.clock().millis() - settings.idle().toMillis());
    if (sweeping) return;
    sweeping = true;
    page(null)
        .onComplete(_ -> sweeping = false)
        .onFailure(cause ->
            LOG.atWarn()
                .addKeyValue("cause", cause.getClass().getSimpleName())
                .log("sessions without an owner were not looked for; tried again"));
  }

  private Future<Void> page(String after) {
    return owners
        .orphans(after, ORPHANS_MAX)
        .compose(ids -> {
          // Somebody else may be faster, or its lease may run again: then it is theirs.
          for (var id : ids) if (ownership.mine(id)) ownership.open(id);
          return ids.size() < ORPHANS_MAX ? Future.succeededFuture() : page(ids.getLast());
        });
  }
}
