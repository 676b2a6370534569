package ai.vespid.simulation;

import ai.vespid.gateway.dispatch.RouterPorts.Stored;
import ai.vespid.kit.bus.Fault;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Claims and results; may be away, and may come back empty. Commands of one process are done in
 * their order.
 */
final class SimRedis {
  private final World world;
  private final Network network;
  private final History history;
  private final Map<String, String> claims = new HashMap<>();
  private final Map<String, Stored> results = new HashMap<>();
  private final Map<String, Long> lastMs = new HashMap<>();
  private long awayUntilMs;
  private int restarts;

  SimRedis(World world, Network network, History history) {
    this.world = world;
    this.network = network;
    this.history = history;
  }

  void goAway(long ms) {
    world.say("redis", "is away for", ms, "ms");
    history.redisFailed();
    awayUntilMs = world.nowMs() + ms;
    restarts++;
  }

  void loseEverything() {
    world.say("redis", "loses everything");
    history.redisFailed();
    claims.clear();
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

  void unclaim(Actor from, String requestId) {
    execute(
        from,
        "unclaim",
        () -> {
          world.say("redis", "frees", requestId);
          return claims.remove(requestId);
        });
  }

  void keep(Actor from, String requestId, Stored result) {
    execute(from, "keep", () -> results.put(requestId, result));
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
