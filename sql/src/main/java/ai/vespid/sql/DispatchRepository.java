package ai.vespid.sql;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.bus.Holder;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.StreamSupport;

/**
 * Durable dispatches: one row each from its acceptance until its result has expired. Statements
 * take groups of rows; a terminal row never changes again.
 */
public final class DispatchRepository {
  private static final String INSERT =
      """
      INSERT INTO dispatches (request_id, organization_id, epoch, executor_id, boot_id,
          connected_at_ms, spec, sealed_secret, queue_key, deadline_at)
      SELECT * FROM unnest($1::text[], $2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::bigint[],
          $7::bytea[], $8::bytea[], $9::text[], $10::timestamptz[])
      ON CONFLICT (request_id) DO NOTHING
      RETURNING request_id
      """;
  private static final String ASSIGN =
      """
      UPDATE dispatches d SET epoch = n.epoch, executor_id = n.executor_id, boot_id = n.boot_id,
          connected_at_ms = n.connected_at_ms
      FROM unnest($1::text[], $2::int[], $3::uuid[], $4::text[], $5::bigint[])
          AS n(request_id, epoch, executor_id, boot_id, connected_at_ms)
      WHERE d.request_id = n.request_id AND d.state = 0 AND d.epoch < n.epoch
      RETURNING d.request_id
      """;
  // The compare-and-set that makes a result terminal. A stale owner has a lower epoch than the row;
  // ours may be ahead of it when its last assignment was never written. What is no longer needed is
  // emptied.
  private static final String FINISH =
      """
      UPDATE dispatches d SET state = 1, status = n.status, output = n.output, error = n.error,
          finished_at = now(), expires_at = n.expires_at, spec = ''::bytea, sealed_secret = NULL
      FROM unnest($1::text[], $2::int[], $3::text[], $4::bytea[], $5::text[], $6::timestamptz[])
          AS n(request_id, epoch, status, output, error, expires_at)
      WHERE d.request_id = n.request_id AND d.state = 0 AND d.epoch <= n.epoch
      RETURNING d.request_id
      """;
  private static final String FIND =
      """
      SELECT request_id, organization_id, state, epoch, status, output, error FROM dispatches
      WHERE request_id = ANY($1)
      """;
  private static final String OPEN =
      """
      SELECT request_id, organization_id, epoch, executor_id, boot_id, connected_at_ms, spec,
          sealed_secret, queue_key, deadline_at
      FROM dispatches WHERE state = 0 AND request_id > $1 AND (executor_id IS NULL) = $3
      ORDER BY request_id LIMIT $2
      """;
  private static final String OPEN_AMONG =
      """
      SELECT request_id, organization_id, epoch, executor_id, boot_id, connected_at_ms, spec,
          sealed_secret, queue_key, deadline_at
      FROM dispatches WHERE state = 0 AND request_id = ANY($1)
      """;
  private static final String OPEN_KEYS =
      """
      SELECT request_id, queue_key FROM dispatches
      WHERE state = 0 AND request_id > $1 AND accepted_at < $2 ORDER BY request_id LIMIT $3
      """;
  private static final String EXPIRE =
      """
      DELETE FROM dispatches WHERE request_id IN (
          SELECT request_id FROM dispatches WHERE state = 1 AND expires_at < $1 LIMIT $2)
      """;

  private final Pool pool;

  /**
   * @param pool connections with the gateway's cross-tenant role
   */
  public DispatchRepository(Pool pool) {
    this.pool = pool;
  }

  /**
   * A dispatch as it is stored while open.
   *
   * @param holder who was given it; null when nobody was
   * @param spec the dispatch as JSON, without its secret
   * @param sealedSecret the secret under the KEK, or null
   */
  public record Stored(
      String requestId,
      String organizationId,
      int epoch,
      Holder holder,
      Buffer spec,
      Buffer sealedSecret,
      String queueKey,
      Instant deadline) {}

  /** A new attempt. */
  public record Assignment(String requestId, int epoch, Holder holder) {}

  /** The end of a dispatch. */
  public record Terminal(String requestId, int epoch, DispatchResult result, Instant expires) {
    /** The same end, decided under another epoch. */
    public Terminal under(int other) {
      return new Terminal(requestId, other, result, expires);
    }
  }

  /** What is known of a request id; {@code result} is null while it is open. */
  public record Known(String organizationId, int epoch, DispatchResult result) {}

  /** Inserts; answers for each row whether it is new. */
  public Future<List<Boolean>> insert(List<Stored> rows) {
    var values =
        Tuple.of(
            strings(rows, Stored::requestId),
            uuids(rows, Stored::organizationId),
            rows.stream().map(Stored::epoch).toArray(Integer[]::new),
            uuids(rows, ofHolder(Holder::executorId)),
            strings(rows, ofHolder(Holder::bootId)));
    values
        .addValue(rows.stream().map(ofHolder(Holder::connectedAtMs)).toArray(Long[]::new))
        .addValue(rows.stream().map(Stored::spec).toArray(Buffer[]::new))
        .addValue(rows.stream().map(Stored::sealedSecret).toArray(Buffer[]::new))
        .addValue(strings(rows, Stored::queueKey))
        .addValue(times(rows, Stored::deadline));
    return touched(INSERT, values, rows, Stored::requestId);
  }

  /** Records attempts; answers for each whether the dispatch was open and the attempt newer. */
  public Future<List<Boolean>> assign(List<Assignment> rows) {
    var values =
        Tuple.of(
            strings(rows, Assignment::requestId),
            rows.stream().map(Assignment::epoch).toArray(Integer[]::new),
            uuids(rows, row -> row.holder().executorId()),
            strings(rows, row -> row.holder().bootId()),
            rows.stream().map(row -> row.holder().connectedAtMs()).toArray(Long[]::new));
    return touched(ASSIGN, values, rows, Assignment::requestId);
  }

  /** Decides; answers for each whether this was the deciding write. */
  public Future<List<Boolean>> finish(List<Terminal> rows) {
    var values =
        Tuple.of(
            strings(rows, Terminal::requestId),
            rows.stream().map(Terminal::epoch).toArray(Integer[]::new),
            strings(rows, row -> statusText(row.result())),
            rows.stream()
                .map(row -> row.result().output())
                .map(output -> output == null ? null : Buffer.buffer(output.bytes()))
                .toArray(Buffer[]::new),
            strings(rows, row -> row.result().error()),
            times(rows, Terminal::expires));
    return touched(FINISH, values, rows, Terminal::requestId);
  }

  /** What is known of each of these ids, in their order. */
  public Future<List<Optional<Known>>> find(List<String> requestIds) {
    return among(FIND, requestIds, DispatchRepository::known);
  }

  /**
   * One page of open dispatches, by request id after {@code after}.
   *
   * @param waiting those that nobody has, or those that somebody was given
   */
  public Future<List<Stored>> open(String after, int limit, boolean waiting) {
    return pool.preparedQuery(OPEN)
        .execute(Tuple.of(after, limit, waiting))
        .map(rows -> stream(rows).map(DispatchRepository::stored).toList());
  }

  /** The row of each of these ids that is open, in their order. */
  public Future<List<Optional<Stored>>> openAmong(List<String> requestIds) {
    return among(OPEN_AMONG, requestIds, DispatchRepository::stored);
  }

  private <R> Future<List<Optional<R>>> among(
      String sql, List<String> requestIds, Function<Row, R> read) {
    return pool.preparedQuery(sql)
        .execute(Tuple.of((Object) requestIds.toArray(String[]::new)))
        .map(rows -> {
          var found = new HashMap<String, R>();
          rows.forEach(row -> found.put(row.getString("request_id"), read.apply(row)));
          return requestIds.stream().map(id -> Optional.ofNullable(found.get(id))).toList();
        });
  }

  /** An open dispatch, and whose home decides about it. */
  public record OpenKey(String requestId, String queueKey) {}

  /** One page of what was accepted before a moment and is open, by request id. */
  public Future<List<OpenKey>> openKeys(String after, Instant acceptedBefore, int limit) {
    return pool.preparedQuery(OPEN_KEYS)
        .execute(Tuple.of(after, acceptedBefore.atOffset(ZoneOffset.UTC), limit))
        .map(rows ->
            stream(rows).map(row -> new OpenKey(row.getString(0), row.getString(1))).toList());
  }

  /** Deletes results that expired; answers how many, at most {@code limit}. */
  public Future<Integer> expire(Instant now, int limit) {
    return pool.preparedQuery(EXPIRE)
        .execute(Tuple.of(now.atOffset(ZoneOffset.UTC), limit))
        .map(RowSet::rowCount);
  }

  private <T> Future<List<Boolean>> touched(
      String sql, Tuple values, List<T> rows, Function<T, String> id) {
    return pool.preparedQuery(sql)
        .execute(values)
        .map(touched -> {
          var ids = new HashSet<String>();
          touched.forEach(row -> ids.add(row.getString(0)));
          // A group may name one row twice: only the first can have touched it.
          return rows.stream().map(row -> ids.remove(id.apply(row))).toList();
        });
  }

  private static Known known(Row row) {
    var organizationId = row.getUUID("organization_id").toString();
    int epoch = row.getInteger("epoch");
    if (row.getShort("state") == 0) return new Known(organizationId, epoch, null);
    var output = row.getBuffer("output");
    var status =
        "succeeded".equals(row.getString("status")) ? ResultStatus.SUCCEEDED : ResultStatus.FAILED;
    return new Known(
        organizationId,
        epoch,
        new DispatchResult(
            status,
            output == null ? null : RawJson.of(output.getBytes()),
            row.getString("error"),
            null));
  }

  private static Stored stored(Row row) {
    return new Stored(
        row.getString("request_id"),
        row.getUUID("organization_id").toString(),
        row.getInteger("epoch"),
        holder(row),
        row.getBuffer("spec"),
        row.getBuffer("sealed_secret"),
        row.getString("queue_key"),
        row.getOffsetDateTime("deadline_at").toInstant());
  }

  private static Holder holder(Row row) {
    var executorId = row.getUUID("executor_id");
    if (executorId == null) return null;
    var connectedAtMs = row.getLong("connected_at_ms");
    return new Holder(
        executorId.toString(), row.getString("boot_id"), connectedAtMs == null ? 0 : connectedAtMs);
  }

  // Nobody has it: nothing of who has it.
  private static <T> Function<Stored, T> ofHolder(Function<Holder, T> field) {
    return row -> row.holder() == null ? null : field.apply(row.holder());
  }

  private static String statusText(DispatchResult result) {
    return result.status() == ResultStatus.SUCCEEDED ? "succeeded" : "failed";
  }

  private static java.util.stream.Stream<Row> stream(RowSet<Row> rows) {
    return StreamSupport.stream(rows.spliterator(), false);
  }

  private static <T> String[] strings(List<T> rows, Function<T, String> field) {
    return rows.stream().map(field).toArray(String[]::new);
  }

  private static <T> UUID[] uuids(List<T> rows, Function<T, String> field) {
    return rows.stream()
        .map(field)
        .map(id -> id == null ? null : UUID.fromString(id))
        .toArray(UUID[]::new);
  }

  private static <T> OffsetDateTime[] times(List<T> rows, Function<T, Instant> field) {
    return rows.stream()
        .map(field)
        .map(instant -> instant.atOffset(ZoneOffset.UTC))
        .toArray(OffsetDateTime[]::new);
  }
}
