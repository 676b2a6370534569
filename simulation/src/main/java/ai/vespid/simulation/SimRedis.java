package ai.vespid.simulation;

import ai.vespid.kit.bus.Fault;
import ai.vespid.simulation.SimResults.Stored;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Claims and results; may be away, and may come back empty. Commands of one process are done in
 * their order.
 */
final class SimRedis {
  private final World world;
  private final Network network;
  private final History history;
  private final Set<Mutant> omitted;
  private final Map<String, String> claims = new HashMap<>();
  private final Map<String, Integer> attempts = new HashMap<>();
  private final Map<String, Stored> results = new HashMap<>();
  private final Map<String, Long> lastMs = new HashMap<>();
  private long awayUntilMs;
  private int restarts;

  SimRedis(World world, Network network, History history, Set<Mutant> omitted) {
    this.omitted = omitted;
    this.world = world;
    this.network = network;
    this.history = history;
  }

  void goAway(long ms) {
    world.say("redis", "is away for", ms, "ms");
    awayUntilMs = world.nowMs() + ms;
    history.redisFailed(awayUntilMs);
    restarts++;
  }

  void loseEverything() {
    world.say("redis", "loses everything");
    history.redisFailed(world.nowMs());
    // It was started again with nothing: its clients notice.
    restarts++;
    claims.clear();
    attempts.clear();
    results.clear();
  }

  void comeBack() {
    awayUntilMs = 0;
  }

  // SET NX
  Future<Boolean> claim(Actor from, String requestId, String owner) {
    return execute(
        from,
        "claim",
        () -> {
          var before = claims.putIfAbsent(requestId, owner);
          world.say("redis", "claim of", requestId, "by", owner, "finds", before);
          return before == null;
        });
  }

  Future<Optional<String>> claimant(Actor from, String requestId) {
    return execute(from, "claimant", () -> Optional.ofNullable(claims.get(requestId)));
  }

  // EVAL: compared and set in one step
  Future<Boolean> advance(Actor from, String requestId, int after, int epoch) {
    return execute(
        from,
        "advance",
        () -> {
          var last = attempts.get(requestId);
          world.say("redis", "attempt", epoch, "of", requestId, "after", after, "finds", last);
          if (last != null && last > after) return false;
          attempts.put(requestId, epoch);
          return true;
        });
  }

  // EVAL: compared and deleted in one step
  Future<Void> unclaim(Actor from, String requestId, String owner) {
    return execute(
            from,
            "unclaim",
            () -> {
              world.say("redis", "frees", requestId, "of", owner);
              if (omitted.contains(Mutant.CLAIM_OF_ANOTHER_FREED))
                return claims.remove(requestId) != null;
              return claims.remove(requestId, owner);
            })
        .mapEmpty();
  }

  // SET NX, and GET when it was not free
  Future<Stored> decide(Actor from, String requestId, Stored ours) {
    return execute(
        from,
        "decide",
        () -> {
          var before = results.putIfAbsent(requestId, ours);
          return before == null ? ours : before;
        });
  }

  boolean away() {
    return awayUntilMs > world.nowMs();
  }

  /** How often it ended its connections. */
  int restarts() {
    return restarts;
  }

  void keep(Actor from, String requestId, Stored result) {
    execute(from, "keep", () -> Optional.ofNullable(results.putIfAbsent(requestId, result)));
  }

  Future<Optional<Stored>> result(Actor from, String requestId) {
    return execute(from, "result", () -> Optional.ofNullable(results.get(requestId)));
  }

  private <R> Future<R> execute(Actor from, String what, Supplier<R> command) {
    var answer = Promise.<R>promise();
    int connectedAt = restarts;
    int asker = from.incarnation();
    var connection = from.name() + '#' + asker;
    long atMs = Math.max(world.nowMs() + network.delayMs(), lastMs.getOrDefault(connection, 0L));
    lastMs.put(connection, atMs);
    world.in(
        atMs - world.nowMs(),
        what,
        () -> {
          boolean there = awayUntilMs <= world.nowMs() && restarts == connectedAt;
          var result = there ? command.get() : null;
          if (!from.lives(asker)) return;
          world.in(
              network.delayMs(),
              from,
              "answer to " + what,
              () -> {
                if (there && restarts == connectedAt) answer.tryComplete(result);
                else answer.tryFail(Network.fault(Fault.Code.UNAVAILABLE));
              });
        });
    return answer.future();
  }
}
