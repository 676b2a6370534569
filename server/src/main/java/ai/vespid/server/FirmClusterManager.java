package ai.vespid.server;

import com.hazelcast.config.Config;
import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.spi.cluster.NodeInfo;
import io.vertx.core.spi.cluster.RegistrationInfo;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A cluster manager that gets over what happens to its maps while members come and go.
 *
 * <p>It remembers where the bus of a node listens; a node never changes that. Vert.x looks it up in
 * a distributed map for each new connection: while the member that holds it stands still, or its
 * answer got lost, whatever is said on that connection waits for a minute.
 *
 * <p>And it says again what is listened to here. Of a node that was gone the others forget that,
 * each in its own time, perhaps after the node has come back and said it.
 */
final class FirmClusterManager extends HazelcastClusterManager {
  private static final int KNOWN_MAX = 1_000;

  private final Map<String, NodeInfo> known = new ConcurrentHashMap<>();
  private final Set<Listening> own = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean announcing = new AtomicBoolean();

  private record Listening(String address, RegistrationInfo info) {}

  FirmClusterManager(Config config) {
    super(config);
  }

  @Override
  public void getNodeInfo(String nodeId, Completable<NodeInfo> answer) {
    var address = known.get(nodeId);
    if (address != null) {
      answer.succeed(address);
      return;
    }
    super.getNodeInfo(
        nodeId,
        (found, failure) -> {
          if (failure == null) remember(nodeId, found);
          answer.complete(found, failure);
        });
  }

  // Nodes that are started again are others: of those that went some may be forgotten.
  private void remember(String nodeId, NodeInfo address) {
    if (known.size() >= KNOWN_MAX) known.clear();
    known.put(nodeId, address);
  }

  @Override
  public void addRegistration(String address, RegistrationInfo info, Completable<Void> answer) {
    if (!info.localOnly()) own.add(new Listening(address, info));
    super.addRegistration(address, info, answer);
  }

  @Override
  public void removeRegistration(String address, RegistrationInfo info, Completable<Void> answer) {
    own.remove(new Listening(address, info));
    super.removeRegistration(address, info, answer);
  }

  /**
   * Says again what is listened to here; what is known already stays as it is. Does nothing while
   * it is still being said: it takes long when a member that holds a part of the map stands still.
   */
  Future<Void> announceAgain() {
    if (!announcing.compareAndSet(false, true)) return Future.succeededFuture();
    return Future.join(List.copyOf(own).stream().map(this::announce).toList())
        .<Void>mapEmpty()
        .onComplete(_ -> announcing.set(false));
  }

  // Somebody may have stopped listening meanwhile, and been overtaken.
  private Future<Void> announce(Listening one) {
    var added = Promise.<Void>promise();
    super.addRegistration(one.address(), one.info(), added);
    return added
        .future()
        .compose(_ -> {
          if (own.contains(one)) return Future.succeededFuture();
          var removed = Promise.<Void>promise();
          super.removeRegistration(one.address(), one.info(), removed);
          return removed.future();
        });
  }
}
