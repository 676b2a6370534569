package ai.vespid.simulation;

import java.util.EnumMap;
import java.util.Map;

/**
 * One WebSocket between an agent and an edge: in order, nothing twice, nothing missing but the end.
 * Half-open it swallows everything until each side finds out by itself.
 */
final class Link {
  /** The two ends. */
  enum Side {
    AGENT,
    EDGE;

    Side other() {
      return this == AGENT ? EDGE : AGENT;
    }
  }

  private static final class End {
    final Actor actor;
    final Runnable closed;
    boolean open = true;
    long lastArrivalMs;

    End(Actor actor, Runnable closed) {
      this.actor = actor;
      this.closed = closed;
    }
  }

  private static final long UNANSWERED_PINGS_MS = 30_000;

  private final World world;
  private final Network network;
  private final String name;
  private final Map<Side, End> ends = new EnumMap<>(Side.class);
  private boolean swallowing;

  Link(World world, Network network, String name) {
    this.world = world;
    this.network = network;
    this.name = name;
  }

  /**
   * @param closed told to this side when the link ends, unless it closed the link itself
   */
  void attach(Side side, Actor actor, Runnable closed) {
    ends.put(side, new End(actor, closed));
  }

  String name() {
    return name;
  }

  boolean open(Side side) {
    return ends.get(side).open;
  }

  /** Sends a frame to the other side. */
  void send(Side from, String what, Runnable received) {
    if (ends.get(from).open && !swallowing) arrive(from.other(), what, received);
  }

  private void arrive(Side at, String what, Runnable action) {
    var end = ends.get(at);
    long arrivalMs = Math.max(world.nowMs() + network.delayMs(), end.lastArrivalMs);
    end.lastArrivalMs = arrivalMs;
    world.in(
        arrivalMs - world.nowMs(),
        end.actor,
        what,
        () -> {
          if (end.open) action.run();
        });
  }

  /** This side ends the link; the other hears of it behind what was sent before. */
  void close(Side by) {
    var end = ends.get(by);
    if (!end.open) return;
    end.open = false;
    if (!swallowing && ends.containsKey(by.other()))
      arrive(by.other(), "close", () -> lost(by.other()));
  }

  private void lost(Side side) {
    var end = ends.get(side);
    if (!end.open) return;
    end.open = false;
    end.closed.run();
  }

  /** The connection is reset: what is under way may be lost, both sides hear of it. */
  void reset() {
    swallowing = true;
    for (var side : Side.values()) losesWithin(side, 500);
  }

  /** Nothing gets through any more and nobody is told. */
  void halfOpen() {
    swallowing = true;
    world.say(name, "is half-open");
    for (var side : Side.values()) losesWithin(side, UNANSWERED_PINGS_MS);
  }

  private void losesWithin(Side side, long ms) {
    world.in(world.between(0, ms), ends.get(side).actor, "end of " + name, () -> lost(side));
  }
}
