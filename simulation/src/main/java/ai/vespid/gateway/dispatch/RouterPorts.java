package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.simulation.History;
import ai.vespid.simulation.Mutant;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/** What the simulated router needs of the simulated world besides the bus. */
public interface RouterPorts {
  /** A row of {@code dispatches}; {@code result} is null while it is open. */
  record Row(Dispatch dispatch, int epoch, Holder holder, long deadlineMs, DispatchResult result) {
    String queueKey() {
      return Demand.of(dispatch).queueKey();
    }
  }

  boolean omits(Mutant line);

  History history();

  void say(String what, Object... details);

  /** True when there can be no other node. */
  boolean alone();

  // PostgreSQL
  Future<Boolean> insert(Row row);

  Future<Boolean> assign(String requestId, int epoch, Holder holder);

  Future<Boolean> finish(String requestId, int epoch, DispatchResult result);

  Future<Optional<Row>> find(String requestId);

  Future<List<Row>> open();

  /** The version of a workspace; 0 when it has none. */
  Future<Long> head(String workspaceId);

  Future<Boolean> commitFiles(String workspaceId, long version);

  // Redis
  /** True when the id was free. */
  Future<Boolean> claim(String requestId, String owner);

  Future<Optional<String>> claimant(String requestId);

  /** True when no attempt later than {@code after} was written down; then this one is. */
  Future<Boolean> advance(String requestId, int after, int epoch);

  /** Frees it when it is this owner's. */
  Future<Void> unclaim(String requestId, String owner);

  /** True when Redis was away since this router began. */
  boolean redisWasAway();
}
