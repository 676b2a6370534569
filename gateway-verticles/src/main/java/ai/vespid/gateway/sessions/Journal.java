package ai.vespid.gateway.sessions;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.sql.DatabaseFailures;
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
 * whether it was committed, so the table is read before the next one.
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

  private final Surroundings here;
  private final SessionRows owners;
  private final Held held;
  private final Owner owner;
  private Future<Void> tail = Future.succeededFuture();
  private long lastSeq;
  // What would have changed with an append that was not answered; null when all were.
  private Change unsure;
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
  Future<List<SessionRow>> insist(
      List<SessionRow.New> events, Change change, BooleanSupplier wanted) {
    return append(events, change, wanted)
        .recover(cause -> {
          if (closed || !wanted.getAsBoolean()) return Future.failedFuture(cause);
          // An owner before this one stored it, or an attempt that was not answered.
          if (STORED.stream().anyMatch(index -> DatabaseFailures.duplicate(cause, index))) {
            return look().recover(_ -> again(events, change, wanted));
          }
          LOG.atWarn()
              .addKeyValue("session", held.sessionId())
              .addKeyValue("cause", cause.getClass().getSimpleName())
              .log("events were not stored; tried again");
          return again(events, change, wanted);
        });
  }

  private Future<List<SessionRow>> again(
      List<SessionRow.New> events, Change change, BooleanSupplier wanted) {
    Promise<List<SessionRow>> later = Promise.promise();
    here.later(AGAIN_MS, () -> insist(events, change, wanted).onComplete(later));
    return later.future();
  }

  private Future<List<SessionRow>> write(List<SessionRow.New> events, Change change) {
    if (closed) return Future.failedFuture(anothers());
    if (unsure == null) return writeNow(events, change);
    return readBehind()
        .compose(rows -> {
          var known = rows.stream().map(SessionRow::idempotencyKey).collect(Collectors.toSet());
          return !events.isEmpty() && known.containsAll(keys(events))
              ? Future.succeededFuture(rows)
              : writeNow(events, change);
        });
  }

  // Nobody else writes: what stands there is what was not answered, and its change came with it.
  private Future<List<SessionRow>> readBehind() {
    var change = unsure == null ? new Nothing() : unsure;
    return owners
        .last(held.sessionId(), lastSeq + 1, BEHIND_MAX)
        .onSuccess(rows -> {
          unsure = null;
          if (!rows.isEmpty()) stored(rows, change);
        });
  }

  /**
   * Something may be stored that was never answered: whoever said it may have been told so by the
   * table, and says it no more.
   */
  Future<List<SessionRow>> look() {
    Promise<List<SessionRow>> answer = Promise.promise();
    tail =
        tail.transform(_ -> (closed ? unwanted() : readBehind()).onComplete(answer))
            .transform(_ -> Future.succeededFuture());
    return answer.future();
  }

  // What has no key is never taken for stored.
  private static Set<String> keys(List<SessionRow.New> events) {
    var keys = new HashSet<String>();
    for (var event : events) keys.add(Objects.requireNonNullElse(event.idempotencyKey(), ""));
    return keys;
  }

  private Future<List<SessionRow>> writeNow(List<SessionRow.New> events, Change change) {
    return owners
        .append(held, events, change)
        .onFailure(_ -> unsureOf(change))
        .compose(appended ->
            switch (appended) {
              case Written(var rows) -> written(rows, change);
              case Lost() -> {
                closed = true;
                owner.lost();
                yield Future.failedFuture(anothers());
              }
            });
  }

  private void unsureOf(Change change) {
    unsure = change;
    for (long afterMs : LOOKS_MS) here.later(afterMs, this::look);
  }

  // What was not answered may have been committed after it was looked for.
  private Future<List<SessionRow>> written(List<SessionRow> rows, Change change) {
    if (rows.isEmpty() || rows.getFirst().event().seq() == lastSeq + 1) {
      stored(rows, change);
      return Future.succeededFuture(rows);
    }
    return owners
        .last(held.sessionId(), lastSeq + 1, BEHIND_MAX)
        .onFailure(_ -> unsureOf(change))
        .map(all -> {
          stored(all, change);
          return rows;
        });
  }

  private void stored(List<SessionRow> rows, Change change) {
    if (!rows.isEmpty()) lastSeq = rows.getLast().event().seq();
    owner.stored(rows, change);
  }

  private static Fault anothers() {
    return new Fault(Fault.Code.NOT_HOME, "the session is another owner's");
  }
}
