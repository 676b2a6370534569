package ai.vespid.gateway.edge;

import ai.vespid.protocol.bus.SessionRegistry.Retagged;
import ai.vespid.sql.ExecutorIdentity;
import ai.vespid.sql.ExecutorRepository;
import java.util.HashMap;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds what a lost message left behind: reads revocations and tags of who is connected again. */
final class IdentitySweep {
  private static final Logger LOG = LoggerFactory.getLogger(IdentitySweep.class);

  private final ExecutorRepository executors;
  private final Supplier<List<ExecutorSocket>> sockets;
  private final Consumer<Retagged> retagged;

  IdentitySweep(
      ExecutorRepository executors,
      Supplier<List<ExecutorSocket>> sockets,
      Consumer<Retagged> retagged) {
    this.executors = executors;
    this.sockets = sockets;
    this.retagged = retagged;
  }

  void sweep() {
    var ids = sockets.get().stream().map(s -> s.link().identity().executorId()).toList();
    if (ids.isEmpty()) return;
    executors
        .identities(ids)
        .onSuccess(this::compare)
        .onFailure(cause ->
            LOG.atWarn()
                .addKeyValue("cause", cause.getClass().getSimpleName())
                .log("revocations and tags could not be read; they will be tried again"));
  }

  private void compare(List<ExecutorIdentity> current) {
    var byId = new HashMap<String, ExecutorIdentity>();
    current.forEach(identity -> byId.put(identity.executorId(), identity));
    for (var socket : sockets.get()) {
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
