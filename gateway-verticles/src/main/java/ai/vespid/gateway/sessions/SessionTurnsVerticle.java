package ai.vespid.gateway.sessions;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Mailbox;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.kit.engine.Engine;
import ai.vespid.kit.engine.Engines;
import ai.vespid.kit.engine.RunnerEngine;
import ai.vespid.kit.engine.ScriptedEngine;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.Settings;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionTurns;
import ai.vespid.sql.Database;
import ai.vespid.sql.OrganizationRepository;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.SessionOwnerRepository;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.HashMap;
import java.util.concurrent.TimeUnit;

/**
 * Owns the sessions this shard is home for. Rebuilt from their rows and events: what was under way
 * is found by a sweep and goes on.
 */
public final class SessionTurnsVerticle extends VerticleBase {
  private static final Duration ASK_MAX = Duration.ofSeconds(5);
  private static final Duration DRAIN_MAX = Duration.ofSeconds(5);
  private static final long TICK_MS = 100;

  private final Node node;
  private final Seat self;
  private final SessionRows owners;
  private SessionTurnsSettings settings;
  private Ownership ownership;
  private Reception reception;
  private Membership.Listener following;
  private Mailbox mailbox;

  public SessionTurnsVerticle(Node node, int shard, SessionOwnerRepository owners) {
    this.node = node;
    this.self = new Seat(node.id(), shard);
    this.owners = SessionRows.of(owners);
  }

  @Override
  public Future<?> start() {
    settings = Settings.bind("session-turns", config(), SessionTurnsSettings.class);
    var bus = new Bus(vertx, node.id());
    var here = Surroundings.of(vertx, node);
    var hosts = new Hosts(here.nowMs());
    var pinning = new Pinning(hosts, settings.hostGrace().toMillis());
    var tools = new Tools(settings.githubApiBaseUrl());
    var database = node.service(Database.class);
    var organizations = new OrganizationRepository(database);
    var shells = new ShellPolicy(organizations::settings, here::nowMs);
    var keys = Keys.stored(new SecretRepository(database), node.optional(Envelope.class));
    var calls = HomeCalls.of(vertx, node);
    var world = new World(here, calls, owners, pinning, tools, shells, engines(here), keys);
    ownership = new Ownership(world, self, settings.lease(), settings.sessionsMax());
    reception = new Reception(here, owners, hosts, ownership, settings.idle().toMillis());
    node.meters().gauge("vespid.sessions.owned", ownership, Ownership::size);
    var context = vertx.getOrCreateContext();
    following = (_, _) -> context.runOnContext(_ -> ownership.viewChanged());
    node.membership().listen(following);
    vertx.setPeriodic(TICK_MS, _ -> ownership.tick(here.nowMs()));
    vertx.setPeriodic(settings.lease().toMillis() / 3, _ -> ownership.renew());
    vertx.setPeriodic(settings.sweepEvery().toMillis(), _ -> reception.sweep());
    return bus.subscribe(SessionRegistry.changes(node.id()), reception::routeChanged)
        .compose(
            _ -> bus.ask(SessionRegistry.at(node.id()), new SessionRegistry.Snapshot(), ASK_MAX))
        .onSuccess(snapshot -> snapshot.routes().forEach(hosts::up))
        .compose(_ ->
            bus.serve(
                SessionTurns.at(self.node(), self.shard()),
                settings.inFlightMax(),
                reception::receive))
        .onSuccess(opened -> mailbox = opened)
        .onSuccess(_ -> reception.sweep());
  }

  private Engines engines(Surroundings here) {
    var all = new HashMap<String, Engine>();
    all.put(ScriptedEngine.ID, new ScriptedEngine(here::later));
    all.put(
        RunnerEngine.PREFIX,
        Engines.models(
            vertx,
            here,
            settings.engineRunnerBaseUrl(),
            settings.engineRunnerToken(),
            settings.engineRunnerTimeoutMs(),
            new SecretsUnderWay(node.optional(Envelope.class))));
    node.optional(Engines.class).ifPresent(more -> all.putAll(more.byId()));
    return new Engines(all);
  }

  @Override
  public Future<?> stop() {
    node.membership().forget(following);
    if (mailbox == null) return Future.succeededFuture();
    // A database that stands still must not keep the node: leases run out by themselves.
    return mailbox
        .drain(DRAIN_MAX)
        .eventually(() ->
            ownership
                .close()
                .timeout(DRAIN_MAX.toMillis(), TimeUnit.MILLISECONDS)
                .otherwiseEmpty());
  }
}
