package ai.vespid.gateway.sessions;

import ai.vespid.gateway.sessions.Pinning.Choice;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.sql.SessionOwnerRepository.Pin;
import ai.vespid.sql.SessionRow;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Finds the host of a turn, and writes down when that is another one than before. */
final class Hosting {
  private static final long LOOK_AGAIN_MS = 100;

  private final World world;
  private final Session session;
  private final BooleanSupplier over;

  Hosting(World world, Session session, BooleanSupplier over) {
    this.world = world;
    this.session = session;
    this.over = over;
  }

  /** Whether its turn is. */
  boolean over() {
    return over.getAsBoolean();
  }

  /** Where the turn goes on; fails with NO_AGENT_AVAILABLE, or what is missing there. */
  Future<Route> host(Wanted wanted) {
    if (over.getAsBoolean()) return TurnFailure.over();
    return switch (world.pinning().choose(session.row(), wanted, world.here().nowMs())) {
      case Choice.Stay(Route host) -> Future.succeededFuture(host);
      case Choice.Wait _ -> {
        Promise<Route> later = Promise.promise();
        world.here().later(LOOK_AGAIN_MS, () -> host(wanted).onComplete(later));
        yield later.future();
      }
      case Choice.Move(Route host) -> move(host);
      case Choice.Nobody(var code, var message) -> TurnFailure.future(code, message);
    };
  }

  private Future<Route> move(Route host) {
    var row = session.row();
    List<SessionRow.New> told =
        row.pinnedExecutorId() == null
            ? List.of()
            : List.of(
                failover(
                    session.lastSeq(),
                    new Payloads.Host(row.pinnedExecutorId(), row.pinnedExecutorPool()),
                    new Payloads.Host(host.executorId(), host.pool())));
    return session
        .insist(told, new Pin(host.executorId(), host.pool()), () -> !over())
        .map(_ -> host);
  }

  // A host may be left and come back to: what tells one move from the next is what was before it.
  private static SessionRow.New failover(long afterSeq, Payloads.Host from, Payloads.Host to) {
    var payload = RawJson.from(Payloads.Action.failover(from, to));
    var key = "failover:" + afterSeq;
    return new SessionRow.New(SessionEvent.SYSTEM, "warn", payload, key, null, null, false);
  }
}
