package ai.vespid.gateway.sessions;

import ai.vespid.kit.engine.Engines;
import ai.vespid.kit.engine.ScriptedEngine;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry.Change;
import ai.vespid.protocol.bus.SessionTurns;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** As {@link SessionTurnsVerticle}, over the same {@link Reception} and {@link Ownership}. */
public final class SessionShell {
  public static final Duration LEASE = Duration.ofSeconds(10);
  private static final long HOST_GRACE_MS = 10_000;
  private static final long IDLE_MS = 20_000;
  private static final long SWEEP_MS = 5_000;
  private static final long TICK_MS = 100;
  private static final int SESSIONS_MAX = 1_000;

  private final Ports ports;
  private final HomeCalls homes;
  private final Ownership ownership;
  private final Reception reception;

  /** The world of one process; what it asks for may never be answered. */
  public interface Ports extends Surroundings, SessionRows {
    /** False leaves the sweep out. */
    boolean sweeps();
  }

  /**
   * @param routes the hosts that are connected as it begins
   */
  public SessionShell(Ports ports, List<Route> routes) {
    this.ports = ports;
    homes = new HomeCalls(ports);
    var hosts = new Hosts(ports.nowMs());
    routes.forEach(hosts::up);
    var shells = new JsonObject().put("tools", new JsonObject().put("shellRunEnabled", true));
    var world =
        new World(
            ports,
            homes,
            ports,
            new Pinning(hosts, HOST_GRACE_MS),
            new Tools("http://x.test"),
            new ShellPolicy(_ -> Future.succeededFuture(shells), ports::nowMs),
            new Engines(Map.of(ScriptedEngine.ID, new ScriptedEngine(ports::later))));
    ownership = new Ownership(world, new Seat(ports.node(), 0), LEASE, SESSIONS_MAX);
    reception = new Reception(ports, ports, hosts, ownership, IDLE_MS);
    every(TICK_MS, () -> ownership.tick(ports.nowMs()));
    every(LEASE.toMillis() / 3, ownership::renew);
    if (ports.sweeps()) every(SWEEP_MS, reception::sweep);
  }

  private void every(long ms, Runnable what) {
    ports.later(
        ms,
        () -> {
          what.run();
          every(ms, what);
        });
  }

  public Future<? extends Message> receive(SessionTurns<?> request) {
    return reception.receive(request);
  }

  public void routeChanged(Change change) {
    reception.routeChanged(change);
  }

  public void viewChanged() {
    ownership.viewChanged();
    homes.viewChanged(ports.view());
  }

  /** Gives everything back, as one does that is told to stop. */
  public void leave() {
    ownership.close();
  }
}
