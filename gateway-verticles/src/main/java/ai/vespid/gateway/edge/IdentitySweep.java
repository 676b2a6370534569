package ai.vespid.gateway.edge;

import ai.vespid.protocol.bus.SessionRegistry.Retagged;
import ai.vespid.sql.ExecutorIdentity;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds what a lost message left behind: reads revocations and tags of who is connected again. */
final class IdentitySweep {
  private static final Logger LOG = LoggerFactory.getLogger(IdentitySweep.class);

  private final Function<List<String>, Future<List<ExecutorIdentity>>> identities;
  private final Supplier<List<? extends Holder>> sockets;
  private final Consumer<Retagged> retagged;

  /** A socket, by whose agent it is. */
  interface Holder {
    Link link();

    Set<String> tags();

    void retag(Set<String> current);

    void closeRevoked();
  }

  /**
   * Looks after sockets.
   *
   * @param identities those of these executors that exist
   */
  IdentitySweep(
      Function<List<String>, Future<List<ExecutorIdentity>>> identities,
      Supplier<List<? extends Holder>> sockets,
      Consumer<Retagged> retagged) {
    this.identities = identities;
    this.sockets = sockets;
    this.retagged = retagged;
  }

  void sweep() {
    var asked = sockets.get();
    if (asked.isEmpty()) return;
    identities
        .apply(asked.stream().map(s -> s.link().identity().executorId()).toList())
        .onSuccess(current -> compare(asked, current))
        .onFailure(cause ->
            LOG.atWarn()
                .addKeyValue("cause", cause.getClass().getSimpleName())
                .log("revocations and tags could not be read; they will be tried again"));
  }

  // Not with the sockets of now: who came meanwhile was not asked about, and would seem deleted.
  private void compare(List<? extends Holder> asked, List<ExecutorIdentity> current) {
    var byId = new HashMap<String, ExecutorIdentity>();
    current.forEach(identity -> byId.put(identity.executorId(), identity));
    for (var socket : asked) {
      var now = byId.get(socket.link().identity().executorId());
      if (now == null || now.revoked() || !now.enabled()) {
        socket.closeRevoked();
      } else if (!now.tags().equals(socket.tags())) {
        socket.retag(now.tags());
        retagged.accept(new Retagged(now.executorId(), List.copyOf(now.tags())));
      }
    }
  }
}
