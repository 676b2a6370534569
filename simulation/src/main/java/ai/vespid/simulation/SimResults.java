package ai.vespid.simulation;

import ai.vespid.gateway.dispatch.RouterPorts;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** As the result store of one node: memory, Redis, database, in this order; the first wins. */
final class SimResults {
  /** A stored result. */
  record Stored(String organizationId, DispatchResult result) {}

  private final Cluster cluster;
  private final Actor process;
  private final Map<String, Stored> memory = new HashMap<>();

  SimResults(Cluster cluster, Actor process) {
    this.cluster = cluster;
    this.process = process;
  }

  Future<? extends Message> receive(ResultStore<?> request) {
    return switch (request) {
      case ResultStore.Get get -> find(get.requestId()).map(SimResults::reply);
      case ResultStore.Put put -> {
        var stored = new Stored(put.organizationId(), put.result());
        memory.putIfAbsent(put.requestId(), stored);
        cluster.redis.keep(process, put.requestId(), stored);
        yield Future.succeededFuture(new Done());
      }
      case ResultStore.Decide decide -> decide(decide);
    };
  }

  private static ResultStore.Get.Reply reply(Optional<Stored> found) {
    return found
        .<ResultStore.Get.Reply>map(s -> new ResultStore.Get.Found(s.organizationId(), s.result()))
        .orElseGet(ResultStore.Get.NotReady::new);
  }

  private Future<ResultStore.Decide.Stands> decide(ResultStore.Decide decide) {
    var known = memory.get(decide.requestId());
    if (known != null) return stands(known);
    var ours = new Stored(decide.organizationId(), decide.result());
    return cluster
        .redis
        .decide(process, decide.requestId(), ours)
        .otherwise(ours)
        .compose(standing -> {
          memory.putIfAbsent(decide.requestId(), standing);
          return stands(memory.get(decide.requestId()));
        });
  }

  private static Future<ResultStore.Decide.Stands> stands(Stored standing) {
    return Future.succeededFuture(new ResultStore.Decide.Stands(standing.result()));
  }

  Future<Optional<Stored>> find(String requestId) {
    var known = memory.get(requestId);
    if (known != null) return Future.succeededFuture(Optional.of(known));
    return cluster
        .redis
        .result(process, requestId)
        .otherwise(Optional.empty())
        .compose(found -> {
          if (found.isEmpty()) return inDatabase(requestId);
          memory.put(requestId, found.get());
          return Future.succeededFuture(found);
        });
  }

  private Future<Optional<Stored>> inDatabase(String requestId) {
    return cluster
        .database
        .find(process, requestId)
        .map(row ->
            row.filter(r -> r.result() != null)
                .map((RouterPorts.Row r) -> new Stored(r.dispatch().organizationId(), r.result())));
  }
}
