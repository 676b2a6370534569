package ai.vespid.gateway.sessions;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Seat;
import ai.vespid.sql.SessionOwnerRepository.Claimed;
import ai.vespid.sql.SessionOwnerRepository.Taken;
import ai.vespid.sql.SessionOwnerRepository.Unknown;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions this shard owns. What it could not renew in time it gives up by itself, before
 * anybody else may have claimed it; the epoch in the row keeps even a late write out.
 */
final class Ownership {
  private static final Logger LOG = LoggerFactory.getLogger(Ownership.class);

  private final World world;
  private final Seat self;
  private final Duration lease;
  private final int sessionsMax;
  private final Map<String, Session> owned = new HashMap<>();
  private final Map<String, Future<Session>> opening = new HashMap<>();

  Ownership(World world, Seat self, Duration lease, int sessionsMax) {
    this.world = world;
    this.self = self;
    this.lease = lease;
    this.sessionsMax = sessionsMax;
  }

  int size() {
    return owned.size();
  }

  Collection<Session> all() {
    return List.copyOf(owned.values());
  }

  boolean mine(String sessionId) {
    return world.here().view().homes().session(sessionId).equals(Optional.of(self));
  }

  /** A session that is owned here already. */
  Optional<Session> find(String sessionId) {
    return Optional.ofNullable(owned.get(sessionId));
  }

  /** The session, claimed when it is not owned yet; fails with a {@link Fault}. */
  Future<Session> open(String sessionId) {
    if (!mine(sessionId)) return fault(Fault.Code.NOT_HOME, "another node is home");
    var known = owned.get(sessionId);
    if (known != null) return Future.succeededFuture(known);
    var pending = opening.get(sessionId);
    if (pending != null) return pending;
    if (owned.size() + opening.size() >= sessionsMax) {
      return fault(Fault.Code.BUSY, "too many sessions are open here");
    }
    var claim = claim(sessionId);
    if (!claim.isComplete()) {
      opening.put(sessionId, claim);
      claim.onComplete(_ -> opening.remove(sessionId));
    }
    return claim;
  }

  private Future<Session> claim(String sessionId) {
    long untilMs = world.here().nowMs() + lease.toMillis();
    return world
        .owners()
        .claim(sessionId, self.text(), lease)
        .compose(answer ->
            switch (answer) {
              case Claimed claimed -> load(claimed, untilMs);
              case Taken() -> fault(Fault.Code.UNAVAILABLE, "another owner's lease runs");
              case Unknown() -> fault(Fault.Code.NOT_FOUND, "no such session");
            })
        .recover(cause ->
            cause instanceof Fault
                ? Future.failedFuture(cause)
                : fault(Fault.Code.UNAVAILABLE, "the database is away"));
  }

  private Future<Session> load(Claimed claimed, long untilMs) {
    var id = claimed.session().id();
    return world
        .owners()
        .openTurns(id)
        .compose(open -> {
          // What an open turn did is needed, whatever was forgotten meanwhile.
          long fromSeq =
              open.isEmpty()
                  ? claimed.historyFromSeq()
                  : Math.min(claimed.historyFromSeq(), open.getFirst().event().seq());
          return world
              .owners()
              .last(id, fromSeq, History.EVENTS_MAX)
              .map(rows -> new Session(world, claimed, rows, open, untilMs));
        })
        .onSuccess(session -> owned.put(id, session));
  }

  private static <T> Future<T> fault(Fault.Code code, String message) {
    return Future.failedFuture(new Fault(code, message));
  }

  /** Keeps what is owned. */
  void renew() {
    if (owned.isEmpty()) return;
    long untilMs = world.here().nowMs() + lease.toMillis();
    var asked = Map.copyOf(owned);
    world
        .owners()
        .renew(asked.values().stream().map(Session::held).toList(), lease)
        .onSuccess(kept ->
            asked.forEach((id, session) -> {
              if (kept.contains(id)) session.renewed(untilMs);
              else drop(session);
            }))
        .onFailure(cause ->
            LOG.atWarn()
                .addKeyValue("cause", cause.getClass().getSimpleName())
                .log("leases of sessions were not renewed; tried again"));
  }

  /** Time passed: turns that take too long, leases that ran out. */
  void tick(long nowMs) {
    for (var session : all()) {
      if (session.mine()) session.tick(nowMs);
      else drop(session);
    }
  }

  private void drop(Session session) {
    if (owned.remove(session.row().id(), session)) session.fence();
  }

  /** Gives back what is another node's by now. */
  void viewChanged() {
    for (var session : all()) if (!mine(session.row().id())) giveBack(session);
  }

  /** Gives back what nobody has needed since then. */
  void giveBackIdle(long sinceMs) {
    for (var session : all()) if (session.idleSince(sinceMs)) giveBack(session);
  }

  /** Gives everything back. */
  Future<?> close() {
    var closing = new ArrayList<Future<?>>();
    for (var session : all()) closing.add(giveBack(session));
    return Future.join(closing);
  }

  private Future<?> giveBack(Session session) {
    owned.remove(session.row().id());
    return session
        .fence()
        .compose(_ -> world.owners().release(session.held()))
        .onFailure(cause ->
            LOG.atDebug()
                .addKeyValue("session", session.row().id())
                .addKeyValue("cause", cause.getClass().getSimpleName())
                .log("a lease was not given back; it runs out"));
  }
}
