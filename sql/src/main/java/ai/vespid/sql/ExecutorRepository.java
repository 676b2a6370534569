package ai.vespid.sql;

import ai.vespid.protocol.Check;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Executors of both pools as the gateway sees them: who a token belongs to, who is revoked, who was
 * seen. Works across organizations, through the gateway's narrow role.
 */
public final class ExecutorRepository {
  private static final String MANAGED =
      """
      select id, null::uuid as organization_id, name, labels, max_in_flight, capabilities,
        revoked_at is not null as revoked, enabled, drain
      from managed_executors
      """;
  private static final String BYON =
      """
      select id, organization_id, name, labels, null::int as max_in_flight, capabilities,
        revoked_at is not null as revoked, true as enabled, false as drain
      from organization_executors
      """;
  private static final String BY_TOKEN =
      MANAGED
          + "where token_hash = $1 and id = $2 union all "
          + BYON
          + "where token_hash = $1 and organization_id = $2";
  private static final String BY_IDS =
      MANAGED + "where id = any($1) union all " + BYON + "where id = any($1)";
  private static final String REVOKED_SINCE =
      """
      select id from managed_executors where revoked_at >= $1
      union all select id from organization_executors where revoked_at >= $1
      """;
  // Locked in the order of ids, so that two edges that touch the same executors cannot deadlock.
  private static final String TOUCH_BYON =
      """
      update organization_executors e set last_seen_at = $2
      from (select id from organization_executors
        where id = any($1) and (last_seen_at is null or last_seen_at < $2)
        order by id for no key update) seen
      where e.id = seen.id
      """;
  private static final String TOUCH_MANAGED =
      """
      update managed_executors e set last_seen_at = $2
      from (select id from managed_executors
        where id = any($1) and (last_seen_at is null or last_seen_at < $2)
        order by id for no key update) seen
      where e.id = seen.id
      """;

  private final Pool pool;

  public ExecutorRepository(Database database) {
    this.pool = database.gateway();
  }

  /**
   * Whom a full token {@code <uuid>.<secret>} belongs to: a managed executor whose id stands before
   * the dot, else one of the organization that stands there (contract 1.1). Revoked executors are
   * found too, so that they can be told why; empty means the token never was good.
   */
  public Future<Optional<ExecutorIdentity>> findByToken(String token) {
    int dot = token == null ? -1 : token.indexOf('.');
    if (dot < 0 || !Check.isUuid(token.substring(0, dot))) {
      return Future.succeededFuture(Optional.empty());
    }
    var prefix = UUID.fromString(token.substring(0, dot));
    return pool.preparedQuery(BY_TOKEN)
        .execute(Tuple.of(sha256(token), prefix))
        .map(ExecutorRepository::first);
  }

  public Future<Optional<ExecutorIdentity>> find(String executorId) {
    if (!Check.isUuid(executorId)) return Future.succeededFuture(Optional.empty());
    return identities(List.of(executorId)).map(found -> found.stream().findFirst());
  }

  /** Those of these executors that exist; a deleted one is missing, which means revoked. */
  public Future<List<ExecutorIdentity>> identities(Collection<String> executorIds) {
    return pool.preparedQuery(BY_IDS)
        .execute(Tuple.of(uuids(executorIds)))
        .map(rows -> stream(rows).map(ExecutorIdentity::of).toList());
  }

  /**
   * The ids of executors revoked since then. A revocation becomes visible when it is committed, a
   * little after its time: let the sweeps overlap.
   */
  public Future<List<String>> listRevokedSince(Instant since) {
    return pool.preparedQuery(REVOKED_SINCE)
        .execute(Tuple.of(since.atOffset(ZoneOffset.UTC)))
        .map(rows -> stream(rows).map(row -> row.getUUID(0).toString()).toList());
  }

  /** Notes that these executors of either pool were heard at that time; never goes back. */
  public Future<Void> touchSeen(Collection<String> executorIds, Instant at) {
    if (executorIds.isEmpty()) return Future.succeededFuture();
    OffsetDateTime seenAt = at.atOffset(ZoneOffset.UTC);
    var ids = uuids(executorIds);
    return Future.join(
            pool.preparedQuery(TOUCH_BYON).execute(Tuple.of(ids, seenAt)),
            pool.preparedQuery(TOUCH_MANAGED).execute(Tuple.of(ids, seenAt)))
        .mapEmpty();
  }

  private static Optional<ExecutorIdentity> first(RowSet<Row> rows) {
    return stream(rows).map(ExecutorIdentity::of).findFirst();
  }

  private static Stream<Row> stream(RowSet<Row> rows) {
    return StreamSupport.stream(rows.spliterator(), false);
  }

  private static UUID[] uuids(Collection<String> ids) {
    return ids.stream().map(UUID::fromString).toArray(UUID[]::new);
  }

  private static String sha256(String token) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
