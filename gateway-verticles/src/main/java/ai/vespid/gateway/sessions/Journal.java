package ai.vespid.gateway.sessions;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.sql.DatabaseFailures;
import ai.vespid.sql.SessionOwnerRepository.Behind;
import ai.vespid.sql.SessionOwnerRepository.Change;
import ai.vespid.sql.SessionOwnerRepository.Held;
import ai.vespid.sql.SessionOwnerRepository.Lost;
import ai.vespid.sql.SessionOwnerRepository.Nothing;
import ai.vespid.sql.SessionOwnerRepository.Written;
import ai.vespid.sql.SessionRow;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the events of one session, one append after the other. When an append failed nobody knows
 * whether it was committed, or will be: the next one has the same number, so only one of both is,
 * and the table is read when it was the other.
 */
final class Journal {
  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
  private static final long AGAIN_MS = 250;
  private static final int BEHIND_MAX = 1_000;
  private static final long[] LOOKS_MS = {500, 5_000, 30_000};
  private static final List<String> STORED =
      List.of("agent_session_events_key", "agent_session_events_end");

  /** The session that is written about. */
  interface Owner {
    /** These are stored now. */
    void stored(List<SessionRow> rows, Change change);

    /** The session is another one's. */
    void lost();
  }

  /** An append that may be committed or not and changes more than events, by the first of these. */
  private record Unanswered(SessionRow.New first, Change change) {
    boolean is(SessionRow row) {
      return first.eventType().equals(row.event().eventType())
          && Objects.equals(first.idempotencyKey(), row.idempotencyKey())
          && Objects.equals(first.payload(), row.event().payload());
    }
  }

  private final Surroundings here;
  private final SessionRows owners;
  private final Held held;
  private final Owner owner;
  private final Set<Unanswered> unanswered = new HashSet<>();
  private Future<Void> tail = Future.succeededFuture();
  private long lastSeq;
  private boolean closed;

  /**
   * @param lastSeq the last event that is known
   */
  Journal(Surroundings here, SessionRows owners, Held held, long lastSeq, Owner owner) {
    this.here = here;
    this.owners = owners;
    this.held = held;
    this.lastSeq = lastSeq;
    this.owner = owner;
  }

  long lastSeq() {
    return lastSeq;
  }

  /** Writes nothing more; completes when what is under way has its answer. */
  Future<Void> close() {
    closed = true;
    return tail;
  }

  /** Writes once; a failure means that it may be stored or not. */
  Future<List<SessionRow>> append(List<SessionRow.New> events, Change change) {
    return append(events, change, () -> true);
  }

  private Future<List<SessionRow>> append(
      List<SessionRow.New> events, Change change, BooleanSupplier wanted) {
    Promise<List<SessionRow>> answer = Promise.promise();
    tail =
        tail.transform(_ ->
                (wanted.getAsBoolean() ? write(events, change) : unwanted()).onComplete(answer))
            .transform(_ -> Future.succeededFuture());
    return answer.future();
  }

  private static Future<List<SessionRow>> unwanted() {
    return Future.failedFuture(new Fault(Fault.Code.NOT_HOME, "nobody wants it here any more"));
  }

  /**
   * Writes again and again until it is stored, or the session is another one's.
   *
   * @param wanted asked before each attempt: what is tried again comes behind what was written
   *     meanwhile, and that may have been the end of its turn
   */
  Future<Void> insist(List<SessionRow.New> events, Change change, BooleanSupplier wanted) {
    return append(events, change, wanted)
        .<Void>mapEmpty()
        .recover(cause -> {
          if (closed || !wanted.getAsBoolean()) return Future.failedFuture(cause);
          // An owner before this one stored it.
          if (STORED.stream().anyMatch(index -> DatabaseFailures.duplicate(cause, index))) {
            return Future.succeededFuture();
          }
          LOG.atWarn()
              .addKeyValue("session", held.sessionId())
              .addKeyValue("cause", cause.getClass().getSimpleName())
              .log("events were not stored; tried again");
          return again(events, change, wanted);
        });
  }

  private Future<Void> again(List<SessionRow.New> events, Change change, BooleanSupplier wanted) {
    Promise<Void> later = Promise.promise();
    here.later(AGAIN_MS, () -> insist(events, change, wanted).onComplete(later));
    return later.future();
  }

  private Future<List<SessionRow>> write(List<SessionRow.New> events, Change change) {
    if (closed) return Future.failedFuture(anothers());
    return owners
        .append(held, lastSeq + 1, events, change)
        .onFailure(_ -> unanswered(events, change))
        .compose(appended ->
            switch (appended) {
              case Written(var rows) -> {
                stored(rows, change);
                yield Future.succeededFuture(rows);
              }
              case Behind() -> writeBehind(events, change);
              case Lost() -> {
                closed = true;
                owner.lost();
                yield Future.failedFuture(anothers());
              }
            });
  }

  // What stands there was not answered; it may be this very append.
  private Future<List<SessionRow>> writeBehind(List<SessionRow.New> events, Change change) {
    return readBehind()
        .compose(rows -> {
          if (rows.isEmpty()) return Future.failedFuture(unread());
          var known = rows.stream().map(SessionRow::idempotencyKey).collect(Collectors.toSet());
          return !events.isEmpty() && known.containsAll(keys(events))
              ? Future.succeededFuture(rows)
              : write(events, change);
        });
  }

  // What has no key is never taken for stored.
  private static Set<String> keys(List<SessionRow.New> events) {
    var keys = new HashSet<String>();
    for (var event : events) keys.add(Objects.requireNonNullElse(event.idempotencyKey(), ""));
    return keys;
  }

  // Nobody else writes, and no two with one number: what stands there is one append.
  private Future<List<SessionRow>> readBehind() {
    return owners
        .last(held.sessionId(), lastSeq + 1, BEHIND_MAX)
        .onSuccess(rows -> {
          if (!rows.isEmpty()) stored(rows, changeWith(rows.getFirst()));
        });
  }

  private Change changeWith(SessionRow row) {
    for (var one : unanswered) if (one.is(row)) return one.change();
    return new Nothing();
  }

  /**
   * Something may be stored that was never answered: whoever said it may have been told so by the
   * table, and says it no more.
   */
  void look() {
    tail =
        tail.transform(_ -> closed ? unwanted() : readBehind())
            .transform(_ -> Future.succeededFuture());
  }

  private void unanswered(List<SessionRow.New> events, Change change) {
    if (events.isEmpty()) return;
    if (!(change instanceof Nothing)) unanswered.add(new Unanswered(events.getFirst(), change));
    long known = lastSeq;
    for (long afterMs : LOOKS_MS) here.later(afterMs, () -> lookSince(known));
  }

  // What was written meanwhile has taken its number.
  private void lookSince(long known) {
    if (lastSeq == known) look();
  }

  private void stored(List<SessionRow> rows, Change change) {
    if (!rows.isEmpty()) {
      lastSeq = rows.getLast().event().seq();
      // None of these can be committed any more: their number is taken.
      unanswered.clear();
    }
    owner.stored(rows, change);
  }

  private static Fault unread() {
    return new Fault(Fault.Code.UNAVAILABLE, "the database tells of events that it does not show");
  }

  private static Fault anothers() {
    return new Fault(Fault.Code.NOT_HOME, "the session is another owner's");
  }
}
