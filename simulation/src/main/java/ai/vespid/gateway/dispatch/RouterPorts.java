package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.Route;
import ai.vespid.simulation.History;
import ai.vespid.simulation.Mutant;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/** What the simulated router needs of the simulated world. */
public interface RouterPorts {
  /** A row of {@code dispatches}; {@code result} is null while it is open. */
  record Row(
      Dispatch dispatch,
      int epoch,
      String executorId,
      String bootId,
      long deadlineMs,
      DispatchResult result) {}

  /** A stored result. */
  record Stored(String organizationId, DispatchResult result) {}

  long nowMs();

  /** Later, unless this process dies. */
  void later(long delayMs, Runnable action);

  Mutant mutant();

  History history();

  void say(String what, Object... details);

  // PostgreSQL
  Future<Boolean> insert(Row row);

  Future<Boolean> assign(String requestId, int epoch, String executorId, String bootId);

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

  void unclaim(String requestId);

  // The result store of this node
  Future<Optional<Stored>> result(String requestId);

  void keep(String requestId, Stored result);

  // Edges
  Future<ExecutorEdge.Offer.Reply> offer(Route route, ExecutorEdge.Offer offer);

  void cancel(Route route, ExecutorEdge.Cancel cancel);

  /** What the registry of this node knows. */
  List<Route> routes();
}
