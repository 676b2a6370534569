package ai.vespid.simulation;

import ai.vespid.gateway.dispatch.RouterPorts.Row;
import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.Holder;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The table {@code dispatches} with the conditions of {@code DispatchRepository}, and the versions
 * of workspaces. A statement runs at one moment; the one who sent it may be dead by then, and may
 * never hear of it.
 */
final class SimDatabase {
  private final World world;
  private final Network network;
  private final History history;
  private final Set<Mutant> omitted;
  private final Map<String, Row> rows = new LinkedHashMap<>();
  private final Map<String, Long> heads = new HashMap<>();
  private long awayUntilMs;
  private long stalledUntilMs;
  private int restarts;

  SimDatabase(World world, Network network, History history, Set<Mutant> omitted) {
    this.world = world;
    this.network = network;
    this.history = history;
    this.omitted = omitted;
  }

  /** Ends its connections and takes no new ones for a while; what is committed stays. */
  void goAway(long ms) {
    world.say("database", "is away for", ms, "ms");
    awayUntilMs = world.nowMs() + ms;
    restarts++;
  }

  /** Some of its connections do nothing for a while: a lock, a slow disk. */
  void stall(long ms) {
    world.say("database", "stalls for", ms, "ms");
    stalledUntilMs = world.nowMs() + ms;
  }

  void comeBack() {
    awayUntilMs = 0;
    stalledUntilMs = 0;
  }

  Iterable<Row> rows() {
    return rows.values();
  }

  // INSERT ... ON CONFLICT DO NOTHING
  Future<Boolean> insert(Actor from, Row row) {
    return execute(
        from,
        "insert",
        () -> {
          var requestId = row.dispatch().requestId();
          if (rows.putIfAbsent(requestId, row) != null) return false;
          history.committed(requestId, row.deadlineMs());
          world.say("database", "commits", requestId, "e" + row.epoch(), "of", row.holder());
          return true;
        });
  }

  // UPDATE ... WHERE state = 0 AND epoch < n.epoch
  Future<Boolean> assign(Actor from, String requestId, int epoch, Holder holder) {
    return execute(
        from,
        "assign",
        () -> {
          var row = rows.get(requestId);
          if (row == null || row.result() != null || row.epoch() >= epoch) return false;
          rows.put(requestId, new Row(row.dispatch(), epoch, holder, row.deadlineMs(), null));
          world.say("database", "assigns", requestId, "e" + epoch, "to", holder);
          return true;
        });
  }

  // UPDATE ... WHERE state = 0 AND epoch <= n.epoch
  Future<Boolean> finish(Actor from, String requestId, int epoch, DispatchResult result) {
    return execute(
        from,
        "finish",
        () -> {
          var row = rows.get(requestId);
          if (row == null) return false;
          if (row.result() != null && !omitted.contains(Mutant.TERMINAL_ROW_OVERWRITTEN))
            return false;
          if (row.epoch() > epoch && !omitted.contains(Mutant.STALE_EPOCH_STORED)) return false;
          history.stored(requestId, row.epoch(), epoch, result, row.result());
          world.say("database", "stores", requestId, "e" + epoch, History.text(result));
          rows.put(
              requestId,
              new Row(row.dispatch(), row.epoch(), row.holder(), row.deadlineMs(), result));
          return true;
        });
  }

  Future<Optional<Row>> find(Actor from, String requestId) {
    return execute(from, "find", () -> Optional.ofNullable(rows.get(requestId)));
  }

  Future<List<Row>> open(Actor from) {
    return execute(
        from, "open", () -> rows.values().stream().filter(row -> row.result() == null).toList());
  }

  Future<Long> head(Actor from, String workspaceId) {
    return execute(from, "head", () -> heads.getOrDefault(workspaceId, 0L));
  }

  Future<Boolean> commitFiles(Actor from, String workspaceId, long version) {
    return execute(
        from,
        "commit files",
        () -> {
          if (heads.getOrDefault(workspaceId, 0L) != version - 1) return false;
          heads.put(workspaceId, version);
          return true;
        });
  }

  private boolean away() {
    return awayUntilMs > world.nowMs();
  }

  private <R> Future<R> execute(Actor from, String what, Supplier<R> statement) {
    var answer = Promise.<R>promise();
    int connectedAt = restarts;
    long stalledMs = world.chance(0.5) ? stalledUntilMs - world.nowMs() : 0;
    long delayMs = Math.max(network.delayMs(), stalledMs);
    int asker = from.incarnation();
    world.in(
        delayMs,
        what,
        () -> {
          var result = away() || restarts != connectedAt ? null : statement.get();
          if (!from.lives(asker)) return;
          world.in(
              network.delayMs(),
              from,
              "answer to " + what,
              () -> {
                if (result != null && restarts == connectedAt) answer.tryComplete(result);
                else answer.tryFail(Network.fault(Fault.Code.UNAVAILABLE));
              });
        });
    return answer.future();
  }
}
