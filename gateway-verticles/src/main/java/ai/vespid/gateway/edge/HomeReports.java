package ai.vespid.gateway.edge;

import ai.vespid.gateway.edge.InFlight.Assignment;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Homes;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.bus.DispatchRouter.Doubt;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionTurns;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.sql.ExecutorIdentity;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What sockets tell the homes of the dispatches they hold. */
final class HomeReports {
  private static final Logger LOG = LoggerFactory.getLogger(HomeReports.class);
  private static final Duration ASK_MAX = Duration.ofSeconds(5);
  private static final Duration HOME_MAX = Duration.ofSeconds(20);

  private static final int TELLING_MAX = 2_000;

  private final HomeCalls homes;
  private final String node;
  private int telling;

  HomeReports(HomeCalls homes, String node) {
    this.homes = homes;
    this.node = node;
  }

  Future<Reconcile.Reconciled> reconcile(
      Route route, List<Held> inFlight, List<Held> finished, BooleanSupplier wanted) {
    var key = Homes.queueKey(route.pool(), route.organizationId());
    return homes.askWhile(
        wanted,
        key,
        new Reconcile(
            key,
            route.organizationId(),
            route.executorId(),
            route.connectionId(),
            route.connectedAtMs(),
            route.bootId(),
            inFlight,
            finished,
            node),
        HOME_MAX);
  }

  Future<Report.Reply> report(
      ExecutorIdentity identity, Assignment assignment, DispatchResult result) {
    var key = Homes.queueKey(identity.pool(), assignment.organizationId());
    return homes.ask(
        key,
        new Report(
            key,
            assignment.organizationId(),
            assignment.requestId(),
            assignment.epoch(),
            identity.executorId(),
            result,
            node),
        HOME_MAX);
  }

  /**
   * Tells a session's home how its dispatch goes on; false when it is no session's. What comes
   * faster than the home takes it is lost, as all progress may be.
   */
  boolean toldSession(Assignment assignment, RawJson event) {
    var session = RequestId.sessionOf(assignment.requestId());
    if (session.isEmpty()) return false;
    if (telling >= TELLING_MAX) return true;
    telling++;
    homes
        .askSession(
            new SessionTurns.Progressed(
                assignment.organizationId(), session.get(), assignment.requestId(), event),
            ASK_MAX)
        .onComplete(_ -> telling--);
    return true;
  }

  void doubt(ExecutorIdentity identity, Assignment assignment) {
    var key = Homes.queueKey(identity.pool(), assignment.organizationId());
    homes
        .ask(
            key,
            new Doubt(key, assignment.requestId(), assignment.epoch(), identity.executorId()),
            ASK_MAX)
        .onFailure(cause ->
            LOG.atDebug()
                .setCause(cause)
                .log("a doubt did not reach the home; the end of the link will"));
  }
}
