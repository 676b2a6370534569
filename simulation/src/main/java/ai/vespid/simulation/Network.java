package ai.vespid.simulation;

import ai.vespid.kit.bus.Fault;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The event bus between nodes. What one sends to another arrives in order or not at all; what
 * different ones send arrives in any order. A message to a process that died since is lost.
 * Requests that are made again when no answer came do come twice now and then, the second time
 * late; offers, which nobody makes again, come twice at once.
 *
 * <p>Replies travel in Vert.x futures that belong to no context: containers for callbacks, run at
 * once and in order.
 */
final class Network {
  /**
   * How bad the weather is.
   *
   * @param lost chance that a message between nodes is lost
   * @param repeated chance that a repeatable request comes twice
   * @param slow chance that a message takes up to {@code slowMs}
   * @param unreached chance that the bus knows no way to a node: what is asked fails at once
   * @param big chance that what holds a dispatch or a result goes in pieces: what is said later
   *     arrives before
   */
  record Weather(
      double lost, double repeated, double slow, long slowMs, double unreached, double big) {
    static final Weather FINE = new Weather(0, 0, 0, 0);

    /** Everything finds its way and is small. */
    Weather(double lost, double repeated, double slow, long slowMs) {
      this(lost, repeated, slow, slowMs, 0, 0);
    }
  }

  // Others' pieces go in between.
  private static final long PIECES_MS = 6_000;

  private record Lag(long extraMs, long untilMs) {}

  private final World world;
  private final Map<String, Long> lastArrival = new HashMap<>();
  private final Map<String, Long> severedUntil = new HashMap<>();
  private final Map<String, Lag> lags = new HashMap<>();
  private Weather weather;

  Network(World world, Weather weather) {
    this.world = world;
    this.weather = weather;
  }

  void weather(Weather now) {
    weather = now;
  }

  /** Cuts two actors off from each other. */
  void sever(Actor one, Actor other, long ms) {
    world.say("network", "severs", one, "from", other, "for", ms, "ms");
    severedUntil.put(way(one, other), world.nowMs() + ms);
    severedUntil.put(way(other, one), world.nowMs() + ms);
  }

  boolean severed(Actor one, Actor other) {
    return healedMs(one, other) > world.nowMs();
  }

  /** What goes between two actors takes so much longer for a while. */
  void lag(Actor one, Actor other, long extraMs, long forMs) {
    world.say("network", "delays", one, "and", other, "by", extraMs, "ms");
    for (var way : List.of(way(one, other), way(other, one))) {
      lags.put(way, new Lag(extraMs, world.nowMs() + forMs));
    }
  }

  private long lagMs(Actor from, Actor to) {
    var lag = lags.get(way(from, to));
    return lag == null || lag.untilMs() < world.nowMs() ? 0 : lag.extraMs();
  }

  private static String way(Actor from, Actor to) {
    return from.name() + '>' + to.name();
  }

  private long healedMs(Actor from, Actor to) {
    return severedUntil.getOrDefault(way(from, to), 0L);
  }

  void heal() {
    severedUntil.clear();
    lags.clear();
    weather = Weather.FINE;
  }

  /** How long the next message takes. */
  long delayMs() {
    return world.chance(weather.slow()) ? world.between(5, weather.slowMs()) : world.between(0, 4);
  }

  /** How long pieces take before the message itself is on its way; 0 when it is small. */
  long piecesMs() {
    return world.chance(weather.big()) ? world.between(50, PIECES_MS) : 0;
  }

  /** Sends something whose arrival nobody hears of. */
  void tell(Actor from, Actor to, String what, Runnable receive) {
    carry(from, to, what, receive);
  }

  /** How often a request may arrive. */
  enum Arrival {
    ONCE,
    TWICE_AT_ONCE,
    TWICE
  }

  /** Asks and waits; the answer is a fault when none came in time. */
  <R> Future<R> ask(Actor from, Actor to, String what, long timeoutMs, Supplier<Future<R>> serve) {
    return ask(from, to, what, timeoutMs, Arrival.ONCE, serve);
  }

  /** As the shorter one, for requests that may arrive twice. */
  <R> Future<R> ask(
      Actor from,
      Actor to,
      String what,
      long timeoutMs,
      Arrival arrival,
      Supplier<Future<R>> serve) {
    var answer = Promise.<R>promise();
    world.in(
        timeoutMs, from, "timeout of " + what, () -> answer.tryFail(fault(Fault.Code.TIMEOUT)));
    if (!to.alive() && world.chance(0.5)) {
      world.in(delayMs(), from, "no " + to, () -> answer.tryFail(fault(Fault.Code.UNAVAILABLE)));
      return answer.future();
    }
    if (from != to && world.chance(weather.unreached())) {
      world.say("network", "finds no way to", to, "for", what);
      world.in(1, from, "no way to " + to, () -> answer.tryFail(fault(Fault.Code.UNAVAILABLE)));
      return answer.future();
    }
    int asker = from.incarnation();
    Runnable receive =
        () -> serve.get().onComplete(reply -> reply(to, from, asker, what, answer, reply));
    boolean twice = from != to && arrival != Arrival.ONCE && world.chance(weather.repeated());
    boolean atOnce = arrival == Arrival.TWICE_AT_ONCE;
    carry(from, to, what, twice && atOnce ? () -> repeat(receive) : receive);
    if (twice && !atOnce) world.in(world.between(0, 5_000), to, what + ", again", receive);
    return answer.future();
  }

  private static void repeat(Runnable receive) {
    receive.run();
    receive.run();
  }

  private <R> void reply(
      Actor from, Actor to, int asker, String what, Promise<R> answer, AsyncResult<R> reply) {
    if (!to.lives(asker)) return;
    Runnable heard =
        () -> {
          if (reply.succeeded()) answer.tryComplete(reply.result());
          else answer.tryFail(reply.cause());
        };
    carry(from, to, "reply to " + what, heard);
  }

  static Fault fault(Fault.Code code) {
    return new Fault(code, "simulated");
  }

  private void carry(Actor from, Actor to, String what, Runnable receive) {
    if (!to.alive()) return;
    if (from == to) {
      world.in(0, to, what, receive);
      return;
    }
    long earliestMs = world.nowMs();
    if (severed(from, to)) {
      // Most are lost with the connection; some wait in it, while it is not given up.
      earliestMs = healedMs(from, to);
      if (earliestMs - world.nowMs() > SimMembers.SILENT_MS || world.chance(0.7)) return;
    } else if (world.chance(weather.lost())) {
      world.say("network", "loses", what, "to", to);
      return;
    }
    var pair = pair(from, to);
    long arrivalMs =
        Math.max(earliestMs + delayMs() + lagMs(from, to), lastArrival.getOrDefault(pair, 0L));
    lastArrival.put(pair, arrivalMs);
    world.in(arrivalMs - world.nowMs(), to, what, receive);
  }

  // Another incarnation is another connection: it does not wait for what its predecessor was sent.
  private static String pair(Actor from, Actor to) {
    return from.name() + '#' + from.incarnation() + '>' + to.name() + '#' + to.incarnation();
  }
}
