package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.sql.DispatchRepository;
import ai.vespid.sql.DispatchRepository.Assignment;
import ai.vespid.sql.DispatchRepository.Known;
import ai.vespid.sql.DispatchRepository.Stored;
import ai.vespid.sql.DispatchRepository.Terminal;
import ai.vespid.sql.GroupCommit;
import ai.vespid.sql.WorkspaceRepository;
import ai.vespid.sql.WorkspaceRepository.Head;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the router writes to and reads from PostgreSQL, in groups: new dispatches, attempts,
 * terminal results, and the heads of workspaces. Secrets are sealed on the way in.
 */
final class DurableLog {
  private static final Logger LOG = LoggerFactory.getLogger(DurableLog.class);
  private static final int GROUP_MAX = 500;
  private static final int CONCURRENCY_MAX = 2;
  private static final int WAITING_MAX = 100_000;
  private static final int PAGE = 1_000;
  private static final long RETRY_MS = 500;
  // Each has its place with an executor meanwhile, which others could have.
  private static final Duration INSERT_WAIT_MAX = Duration.ofSeconds(5);

  private final Vertx vertx;
  private final DispatchRepository dispatches;
  private final WorkspaceRepository workspaces;
  private final Optional<Envelope> envelope;
  private final SecretsUnderWay secrets;
  private final GroupCommit<Stored, Boolean> inserts;
  private final GroupCommit<Assignment, Boolean> attempts;
  private final GroupCommit<Terminal, Boolean> terminals;
  private final GroupCommit<String, Optional<Head>> heads;
  private final GroupCommit<String, Optional<Known>> finds;
  private final GroupCommit<String, Optional<Stored>> opens;

  DurableLog(
      Vertx vertx,
      DispatchRepository dispatches,
      WorkspaceRepository workspaces,
      Optional<Envelope> envelope) {
    this.vertx = vertx;
    this.dispatches = dispatches;
    this.workspaces = workspaces;
    this.envelope = envelope;
    this.secrets = new SecretsUnderWay(envelope);
    inserts = new GroupCommit<>(GROUP_MAX, CONCURRENCY_MAX, WAITING_MAX, dispatches::insert);
    attempts = new GroupCommit<>(GROUP_MAX, CONCURRENCY_MAX, WAITING_MAX, dispatches::assign);
    terminals = new GroupCommit<>(GROUP_MAX, CONCURRENCY_MAX, WAITING_MAX, dispatches::finish);
    finds = GroupCommit.reading(dispatches::find);
    opens = GroupCommit.reading(dispatches::openAmong);
    heads =
        new GroupCommit<>(
            GROUP_MAX,
            CONCURRENCY_MAX,
            WAITING_MAX,
            ids ->
                workspaces
                    .heads(ids)
                    .map(found ->
                        ids.stream().map(id -> Optional.ofNullable(found.get(id))).toList()));
  }

  /** True when a dispatch's secret, if it has one, can be stored. */
  boolean canStore(Dispatch dispatch) {
    return dispatch.secret() == null || envelope.isPresent();
  }

  /** False when the request id is known already. */
  Future<Boolean> insert(Decision.Persist persist) {
    var dispatch = persist.dispatch();
    var to = persist.assigned();
    var sealed =
        dispatch.secret() == null ? null : Buffer.buffer(secrets.toStored(dispatch.secret()));
    return inserts.add(
        new Stored(
            dispatch.requestId(),
            dispatch.organizationId(),
            persist.epoch(),
            to == null ? null : Holder.of(to),
            Buffer.buffer(Json.write(dispatch.withSecret(null))),
            sealed,
            Demand.of(dispatch).queueKey(),
            Instant.ofEpochMilli(persist.deadlineMs())));
  }

  Future<Boolean> assign(Decision.Persist persist) {
    return attempts.add(
        new Assignment(
            persist.dispatch().requestId(), persist.epoch(), Holder.of(persist.assigned())));
  }

  /**
   * Makes a result terminal and answers the one that is: this one, or another that was decided
   * before. Tried again while the database is away: nothing is acknowledged before.
   */
  Future<DispatchResult> finish(
      String requestId,
      int epoch,
      DispatchResult result,
      Instant expires,
      BooleanSupplier stillHome) {
    var decided = Promise.<DispatchResult>promise();
    attempt(new Terminal(requestId, epoch, result, expires), stillHome, decided);
    return decided.future();
  }

  private void attempt(
      Terminal terminal, BooleanSupplier stillHome, Promise<DispatchResult> decided) {
    terminals
        .add(terminal)
        .compose(deciding ->
            deciding
                ? Future.succeededFuture(Optional.of(terminal.result()))
                : refused(terminal, stillHome, decided))
        .onSuccess(known -> known.ifPresent(decided::tryComplete))
        .onFailure(cause -> {
          if (cause instanceof Fault) {
            decided.tryFail(cause);
            return;
          }
          LOG.atWarn()
              .addKeyValue("request", terminal.requestId())
              .addKeyValue("cause", cause.getClass().getSimpleName())
              .log("a result could not be stored; it is kept and tried again");
          vertx.setTimer(RETRY_MS, _ -> attempt(terminal, stillHome, decided));
        });
  }

  // Decided before, or the row is ahead. For its home that means: an attempt of a dead process was
  // written late and never offered. For a router that is home no longer, that another one decides.
  private Future<Optional<DispatchResult>> refused(
      Terminal terminal, BooleanSupplier stillHome, Promise<DispatchResult> decided) {
    return finds
        .add(terminal.requestId())
        .compose(found -> {
          var row = found.orElse(null);
          if (row == null) return Future.succeededFuture(Optional.of(terminal.result()));
          if (row.result() != null) return Future.succeededFuture(Optional.of(row.result()));
          if (!stillHome.getAsBoolean()) {
            return Future.failedFuture(new Fault(Fault.Code.NOT_HOME, "another router decides"));
          }
          attempt(terminal.under(row.epoch()), stillHome, decided);
          return Future.succeededFuture(Optional.<DispatchResult>empty());
        });
  }

  Future<Optional<Known>> find(String requestId) {
    return finds.add(requestId);
  }

  /** The newest version of a workspace; version 0 when it has none yet. */
  Future<WorkspaceHead> head(String workspaceId) {
    return heads
        .add(workspaceId)
        .map(found ->
            found
                .map(h -> new WorkspaceHead(workspaceId, h.version(), h.objectKey(), h.etag()))
                .orElseGet(() -> new WorkspaceHead(workspaceId, 0, "", null)));
  }

  Future<Boolean> commitFiles(String organizationId, String runId, WorkspaceHead next) {
    return workspaces.commit(
        next.workspaceId(),
        organizationId,
        runId,
        new Head(next.version(), next.objectKey(), next.etag()));
  }

  /** An open dispatch of an earlier process; {@code dispatch} is null when its secret is lost. */
  record Open(Stored row, Dispatch dispatch) {}

  /**
   * Every open dispatch, page by page; those first that somebody was given: they have their run's
   * files, which others may wait for.
   */
  Future<Void> eachOpen(Consumer<Open> consumer) {
    return page("", false, consumer).compose(_ -> page("", true, consumer));
  }

  /** Those of these ids that are open. */
  Future<Void> eachOpenAmong(List<String> requestIds, Consumer<Open> consumer) {
    return Future.join(
            requestIds.stream()
                .map(id ->
                    opens
                        .add(id)
                        .onSuccess(found ->
                            found.ifPresent(row -> consumer.accept(new Open(row, read(row))))))
                .toList())
        .mapEmpty();
  }

  private Future<Void> page(String after, boolean waiting, Consumer<Open> consumer) {
    return dispatches
        .open(after, PAGE, waiting)
        .compose(rows -> {
          rows.forEach(row -> consumer.accept(new Open(row, read(row))));
          return rows.size() < PAGE
              ? Future.succeededFuture()
              : page(rows.getLast().requestId(), waiting, consumer);
        });
  }

  // A secret that cannot be opened ends its dispatch; it never becomes an empty one (D16).
  private Dispatch read(Stored row) {
    var dispatch = Json.read(row.spec().getBytes(), Dispatch.class);
    if (row.sealedSecret() == null) return dispatch;
    try {
      var sealed = row.sealedSecret().getBytes();
      // It is opened where it is handed over; whether it can be is better known now.
      envelope.orElseThrow().open(sealed);
      return dispatch.withSecret(secrets.ofStored(sealed));
    } catch (RuntimeException e) {
      LOG.atError()
          .addKeyValue("request", row.requestId())
          .log("the secret of a stored dispatch cannot be opened; was the KEK changed?");
      return null;
    }
  }

  Future<Integer> expire(Instant now) {
    return dispatches.expire(now, PAGE);
  }

  /** Refuses what waits for a database that stands still. */
  void tick() {
    inserts.giveUp(INSERT_WAIT_MAX);
  }

  /** Rows that gather for their next commit; a gauge. */
  int waiting() {
    return inserts.waiting() + attempts.waiting() + terminals.waiting();
  }
}
