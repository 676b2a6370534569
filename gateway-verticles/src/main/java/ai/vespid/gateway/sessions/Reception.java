package ai.vespid.gateway.sessions;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.SessionRegistry.Change;
import ai.vespid.protocol.bus.SessionRegistry.RouteDown;
import ai.vespid.protocol.bus.SessionRegistry.RouteUp;
import ai.vespid.protocol.bus.SessionTurns;
import ai.vespid.protocol.bus.SessionTurns.Archive;
import ai.vespid.protocol.bus.SessionTurns.Cancel;
import ai.vespid.protocol.bus.SessionTurns.Progressed;
import ai.vespid.protocol.bus.SessionTurns.Reset;
import ai.vespid.protocol.bus.SessionTurns.Restore;
import ai.vespid.protocol.bus.SessionTurns.Say;
import ai.vespid.protocol.bus.SessionTurns.Unwatch;
import ai.vespid.protocol.bus.SessionTurns.Watch;
import io.vertx.core.Future;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings what a shard is asked and told to the sessions it owns, and finds those it should own. */
final class Reception {
  private static final Logger LOG = LoggerFactory.getLogger(Reception.class);
  private static final int ORPHANS_MAX = 500;

  private final Surroundings here;
  private final SessionRows rows;
  private final Hosts hosts;
  private final Ownership ownership;
  private final long idleMs;
  private boolean sweeping;

  /**
   * @param idleMs what nobody needed for so long is given back
   */
  Reception(Surroundings here, SessionRows rows, Hosts hosts, Ownership ownership, long idleMs) {
    this.here = here;
    this.rows = rows;
    this.hosts = hosts;
    this.ownership = ownership;
    this.idleMs = idleMs;
  }

  Future<? extends Message> receive(SessionTurns<?> request) {
    return switch (request) {
      case Say say -> of(say, say.organizationId(), session -> session.say(say));
      case Cancel cancel -> of(cancel, cancel.organizationId(), session -> session.cancel(cancel));
      case Reset reset -> of(reset, reset.organizationId(), session -> session.reset(reset));
      case Archive archive ->
          of(
              archive,
              archive.organizationId(),
              session -> session.status("archived", archive.userId()));
      case Restore restore ->
          of(
              restore,
              restore.organizationId(),
              session -> session.status("active", restore.userId()));
      case Watch watch ->
          of(
              watch,
              watch.organizationId(),
              session -> session.watch(new Seat(watch.edgeNode(), watch.edgeShard())));
      case Unwatch unwatch -> unwatch(unwatch);
      case Progressed progressed -> progressed(progressed);
    };
  }

  private <R extends Message> Future<R> of(
      SessionTurns<R> request, String organizationId, Function<Session, Future<R>> act) {
    return ownership
        .open(request.sessionId())
        .compose(session ->
            session.row().organizationId().equals(organizationId)
                ? act.apply(session)
                : Future.failedFuture(new Fault(Fault.Code.NOT_FOUND, "no such session")));
  }

  // Nobody is made an owner for it: who becomes one reads what it comes to.
  private Future<Done> progressed(Progressed news) {
    ownership
        .find(news.sessionId())
        .filter(session -> session.row().organizationId().equals(news.organizationId()))
        .ifPresent(session -> session.progressed(news.requestId(), news.event()));
    return Future.succeededFuture(new Done());
  }

  private Future<Done> unwatch(Unwatch gone) {
    ownership
        .find(gone.sessionId())
        .ifPresent(
            session -> session.watchers().remove(new Seat(gone.edgeNode(), gone.edgeShard())));
    return Future.succeededFuture(new Done());
  }

  void routeChanged(Change change) {
    switch (change) {
      case RouteUp up -> hosts.up(up.route());
      case RouteDown down -> hosts.down(down.executorId(), down.connectionId(), here.nowMs());
    }
  }

  /** What a dead owner left goes on here when this is its home now. */
  void sweep() {
    ownership.giveBackIdle(here.nowMs() - idleMs);
    if (sweeping) return;
    sweeping = true;
    page(null)
        .onComplete(_ -> sweeping = false)
        .onFailure(cause ->
            LOG.atWarn()
                .addKeyValue("cause", cause.getClass().getSimpleName())
                .log("sessions without an owner were not looked for; tried again"));
  }

  private Future<Void> page(String after) {
    return rows.orphans(after, ORPHANS_MAX)
        .compose(ids -> {
          // Somebody else may be faster, or its lease may run again: then it is theirs.
          for (var id : ids) if (ownership.mine(id)) ownership.open(id);
          return ids.size() < ORPHANS_MAX ? Future.succeededFuture() : page(ids.getLast());
        });
  }
}
