package ai.vespid.simulation;

import ai.vespid.gateway.dispatch.RouterPorts;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.Holder;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/** Database and Redis as the router of one node reaches them. */
final class NodePorts implements RouterPorts {
  private final Cluster cluster;
  private final Actor router;
  private final int restarts;

  NodePorts(SimNode node) {
    this.cluster = node.cluster;
    this.router = node.router;
    this.restarts = cluster.redis.away() ? -1 : cluster.redis.restarts();
  }

  @Override
  public boolean omits(Mutant line) {
    return cluster.omits(line);
  }

  @Override
  public History history() {
    return cluster.history;
  }

  @Override
  public void say(String what, Object... details) {
    cluster.world.say(router, what, details);
  }

  @Override
  public boolean alone() {
    return cluster.plan.alone();
  }

  @Override
  public Future<Boolean> insert(Row row) {
    return cluster.database.insert(router, row);
  }

  @Override
  public Future<Boolean> assign(String requestId, int epoch, Holder holder) {
    return cluster.database.assign(router, requestId, epoch, holder);
  }

  @Override
  public Future<Boolean> finish(String requestId, int epoch, DispatchResult result) {
    return cluster.database.finish(router, requestId, epoch, result);
  }

  @Override
  public Future<Optional<Row>> find(String requestId) {
    return cluster.database.find(router, requestId);
  }

  @Override
  public Future<List<Row>> open() {
    return cluster.database.open(router);
  }

  @Override
  public Future<Long> head(String workspaceId) {
    return cluster.database.head(router, workspaceId);
  }

  @Override
  public Future<Boolean> commitFiles(String workspaceId, long version) {
    return cluster.database.commitFiles(router, workspaceId, version);
  }

  @Override
  public Future<Boolean> claim(String requestId, String owner) {
    return cluster.redis.claim(router, requestId, owner);
  }

  @Override
  public Future<Optional<String>> claimant(String requestId) {
    return cluster.redis.claimant(router, requestId);
  }

  @Override
  public Future<Boolean> advance(String requestId, int after, int epoch) {
    return cluster.redis.advance(router, requestId, after, epoch);
  }

  @Override
  public Future<Void> unclaim(String requestId, String owner) {
    return cluster.redis.unclaim(router, requestId, owner);
  }

  @Override
  public boolean redisWasAway() {
    return cluster.redis.restarts() != restarts;
  }
}
