package ai.vespid.simulation.sessions;

import ai.vespid.gateway.viewers.ViewerShell;
import ai.vespid.protocol.session.ViewerFrame;
import ai.vespid.simulation.runs.RunWorld;

/**
 * Somebody who looks at one session from its beginning, whose connection is cut again and again: it
 * connects to any gateway and says what it saw last.
 */
final class SimViewer {
  private static final long JOIN_MS_MAX = 20_000;

  private final String name;
  private final String sessionId;
  private final SessionSite site;
  private final RunWorld world;
  private long seen = -1;
  private int connection;
  private long arrivesMs;
  private SimGateway gateway;
  private Runnable leave = () -> {};

  SimViewer(String name, String sessionId, SessionSite site) {
    this.name = name;
    this.sessionId = sessionId;
    this.site = site;
    this.world = site.world();
    connect();
  }

  String name() {
    return name;
  }

  String sessionId() {
    return sessionId;
  }

  /** The last event it saw. */
  long seen() {
    return seen;
  }

  /** The connection is gone; both ends hear of it, each at its time. */
  void cut() {
    connection++;
    var left = gateway;
    var gone = leave;
    leave = () -> {};
    if (left != null) left.later(world.way(), gone);
    world.after(10 + world.random.nextInt(2_000), this::connect);
  }

  private void connect() {
    gateway = site.anyGateway();
    int mine = ++connection;
    if (gateway == null) {
      world.after(500, () -> again(mine));
      return;
    }
    var to = gateway;
    arrivesMs = world.millis();
    world.after(world.way(), () -> to.now(() -> join(to, mine)));
    world.after(JOIN_MS_MAX, () -> lookWhetherItStands(to, mine));
  }

  private void again(int from) {
    if (from == connection) connect();
  }

  private void join(SimGateway to, int mine) {
    var screen =
        new ViewerShell.Screen() {
          @Override
          public void show(ViewerFrame frame) {
            arrive(frame, mine);
          }

          @Override
          public boolean full() {
            return world.chance(0.02);
          }

          @Override
          public void close() {
            world.after(world.way(), () -> again(mine));
          }
        };
    to.viewers()
        .join(SimHosts.ORGANIZATION, sessionId, seen, screen, () -> mine == connection)
        .onSuccess(left -> {
          if (mine == connection) leave = left;
          else left.run();
        })
        .onFailure(_ -> world.after(500, () -> again(mine)));
  }

  // In order, as TCP brings it, or not at all when the connection is gone.
  private void arrive(ViewerFrame frame, int mine) {
    arrivesMs = Math.max(arrivesMs, world.millis() + 1 + world.random.nextInt(10));
    world.after(
        arrivesMs - world.millis(),
        () -> {
          if (mine == connection) shown(frame);
        });
  }

  private void shown(ViewerFrame frame) {
    if (!(frame instanceof ViewerFrame.Event event)) return;
    var payload = event.payload();
    var text = event.eventType() + (payload == null ? "" : payload.text());
    site.judge().sees(this, event.seq(), sessionId, text);
    seen = event.seq();
    world.say(name, "sees " + seen);
  }

  // A gateway that died or does nothing answers no ping.
  private void lookWhetherItStands(SimGateway to, int mine) {
    if (mine != connection) return;
    if (to.alive() && !to.stalled()) world.after(5_000, () -> lookWhetherItStands(to, mine));
    else connect();
  }
}
