package ai.vespid.gateway.edge;

import ai.vespid.gateway.edge.InFlight.Assignment;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile.Reconciled;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.sql.ExecutorIdentity;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.BooleanSupplier;

/** What a socket needs from the rest of the gateway. */
interface Neighbours {
  long nowMs();

  /**
   * The home router compares what the agent holds with what it was given.
   *
   * @param wanted false once the socket is gone: what it said is true no longer
   */
  Future<Reconciled> reconcile(
      Route route, List<Held> inFlight, List<Held> finished, BooleanSupplier wanted);

  Future<Report.Reply> report(
      ExecutorIdentity identity, Assignment assignment, DispatchResult result);

  /** The agent did not acknowledge these in time. */
  void doubt(ExecutorIdentity identity, List<Assignment> assignments);

  void connected(Route route);

  void disconnected(Route route);

  /** What people may ask about later. */
  AgentFacts facts();

  /** What agents do wrong. */
  Conduct conduct();

  /** Runs it a second later on the edge's context. */
  void shortly(Runnable action);

  /** Runs it a little later on the edge's context. */
  void later(Runnable again);

  /** The holder of this dispatch told about it. */
  void progressed(Assignment assignment, RawJson event);
}
