package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * Where organizations' executors are connected, what happened to their connections, and how they
 * said they were. Edges write it in groups, each executor at most once in one; organizations read
 * what is theirs. Executors of the managed pool belong to nobody here and are left out.
 */
public final class PresenceRepository {
  /** Of so much time one reading is kept for later. */
  public static final Duration SLOT = Duration.ofMinutes(5);

  /**
   * A connection has come about.
   *
   * @param bootId names the agent's process; null when it does not tell
   */
  public record Arrival(
      String executorId,
      String connectionId,
      String node,
      String remoteAddress,
      String version,
      String bootId,
      List<String> features,
      Instant at) {
    public Arrival {
      features = List.copyOf(features);
    }
  }

  /**
   * A connection is gone.
   *
   * @param how such as {@code stopped} or {@code link_lost}
   */
  public record Departure(String executorId, String connectionId, Instant at, String how) {}

  /** How an executor said it was. */
  public record Told(String executorId, Instant at, RawJson reading) {}

  /**
   * The connection of an executor, or its last one.
   *
   * @param endedAt null while nobody has seen its end
   * @param reading how it said it was last; null when it never did
   */
  public record Presence(
      String connectionId,
      String node,
      String remoteAddress,
      String version,
      String bootId,
      List<String> features,
      Instant connectedAt,
      Instant endedAt,
      String endedHow,
      Instant readAt,
      RawJson reading) {}

  /** Something that happened to an executor's connections. */
  public record Event(String id, Instant at, String kind, String detail) {}

  // What a new process means shows by how the one before it ended.
  private static final String ARRIVED =
      """
      with told as (
        select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[],
            $6::text[], $7::text[], $8::timestamptz[])
          as t (executor_id, connection_id, node, remote_address, version, boot_id, features, at)
      ), known as (
        select t.*, e.organization_id, p.connection_id as before, p.boot_id as boot_before,
          p.ended_how as how_before
        from told t join organization_executors e on e.id = t.executor_id
        left join executor_presence p on p.executor_id = t.executor_id
        where p.connected_at is null or p.connected_at <= t.at
        order by t.executor_id
      ), kept as (
        insert into executor_presence as p (executor_id, organization_id, connection_id, node,
          remote_address, version, boot_id, features, connected_at)
        select executor_id, organization_id, connection_id, node, remote_address, version, boot_id,
          string_to_array(features, ','), at from known
        on conflict (executor_id) do update set connection_id = excluded.connection_id,
          node = excluded.node, remote_address = excluded.remote_address,
          version = excluded.version, boot_id = excluded.boot_id, features = excluded.features,
          connected_at = excluded.connected_at, ended_at = null, ended_how = null
        where p.connected_at <= excluded.connected_at
      )
      insert into executor_events (executor_id, organization_id, at, kind, detail)
      select executor_id, organization_id, at,
        case when before is null or boot_id is null or boot_before is null then 'connected'
          when boot_id = boot_before then 'reconnected'
          when how_before = 'stopped' then 'started'
          else 'restarted' end,
        node
      from known where before is distinct from connection_id
      """;

  private static final String LEFT =
      """
      with told as (
        select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[])
          as t (executor_id, connection_id, at, how)
      ), held as (
        select p.executor_id, t.at, t.how from executor_presence p
        join told t on t.executor_id = p.executor_id and t.connection_id = p.connection_id
        where p.ended_at is null order by p.executor_id for no key update of p
      ), kept as (
        update executor_presence p set ended_at = h.at, ended_how = h.how from held h
        where p.executor_id = h.executor_id
        returning p.executor_id, p.organization_id, p.ended_at, p.ended_how, p.node
      )
      insert into executor_events (executor_id, organization_id, at, kind, detail)
      select executor_id, organization_id, ended_at, ended_how, node from kept
      """;

  private static final String MEASURED =
      """
      with told as (
        select * from unnest($1::uuid[], $2::timestamptz[], $3::text[])
          as t (executor_id, at, reading)
      ), known as (
        select t.executor_id, e.organization_id, t.at, t.reading::json as reading
        from told t join organization_executors e on e.id = t.executor_id order by t.executor_id
      ), last as (
        insert into executor_readings_last as l (executor_id, organization_id, at, reading)
        select executor_id, organization_id, at, reading from known
        on conflict (executor_id) do update set at = excluded.at, reading = excluded.reading
        where l.at < excluded.at
      )
      insert into executor_readings (executor_id, organization_id, slot, at, reading)
      select executor_id, organization_id,
        to_timestamp(floor(extract(epoch from at) / $4::bigint) * $4::bigint), at, reading from known
      on conflict do nothing
      """;

  private static final String FIND =
      """
      select e.id, p.connection_id, p.node, p.remote_address, p.version, p.boot_id, p.features,
        p.connected_at, p.ended_at, p.ended_how, l.at as read_at, l.reading::text as reading
      from organization_executors e
      left join executor_presence p on p.executor_id = e.id
      left join executor_readings_last l on l.executor_id = e.id
      where e.id = $1 and p.executor_id is not null
      """;

  private static final String EVENTS =
      """
      select id, at, kind, detail from executor_events
      where executor_id = $1 and ($2::timestamptz is null or (at, id) < ($2, $3::uuid))
      order by at desc, id desc limit $4
      """;

  private static final String READINGS =
      """
      select at, reading::text as reading from executor_readings
      where executor_id = $1 and slot >= $2 and slot < $3 order by slot desc limit $4
      """;

  private final Database database;
  private final Pool pool;

  public PresenceRepository(Database database) {
    this.database = database;
    this.pool = database.gateway();
  }

  public Future<Void> arrived(List<Arrival> all) {
    return pool.preparedQuery(ARRIVED)
        .execute(
            Tuple.tuple()
                .addValue(uuids(all, Arrival::executorId))
                .addValue(Rows.texts(all, Arrival::connectionId))
                .addValue(Rows.texts(all, Arrival::node))
                .addValue(Rows.texts(all, Arrival::remoteAddress))
                .addValue(Rows.texts(all, Arrival::version))
                .addValue(Rows.texts(all, Arrival::bootId))
                .addValue(Rows.texts(all, arrival -> String.join(",", arrival.features())))
                .addValue(Rows.times(all, Arrival::at)))
        .mapEmpty();
  }

  public Future<Void> left(List<Departure> all) {
    return pool.preparedQuery(LEFT)
        .execute(
            Tuple.of(
                uuids(all, Departure::executorId),
                Rows.texts(all, Departure::connectionId),
                Rows.times(all, Departure::at),
                Rows.texts(all, Departure::how)))
        .mapEmpty();
  }

  public Future<Void> measured(List<Told> all) {
    return pool.preparedQuery(MEASURED)
        .execute(
            Tuple.of(
                uuids(all, Told::executorId),
                Rows.times(all, Told::at),
                Rows.texts(all, told -> told.reading().text()),
                SLOT.toSeconds()))
        .mapEmpty();
  }

  /** Empty for one that never connected, or is not the organization's. */
  public Future<Optional<Presence>> find(String organizationId, String executorId) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(FIND)
                .execute(Tuple.of(UUID.fromString(executorId)))
                .map(rows -> Rows.first(rows, PresenceRepository::presence)));
  }

  /** The newest first. */
  public Future<List<Event>> events(String organizationId, String executorId, Page page) {
    var values =
        Tuple.of(
            UUID.fromString(executorId), Rows.at(page.at()), Rows.uuid(page.id()), page.limit());
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(EVENTS)
                .execute(values)
                .map(rows -> Rows.list(rows, PresenceRepository::event)));
  }

  /** The newest first, one of each {@link #SLOT}. */
  public Future<List<Told>> readings(
      String organizationId, String executorId, Instant from, Instant until, int limit) {
    var values = Tuple.of(UUID.fromString(executorId), Rows.at(from), Rows.at(until), limit);
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(READINGS)
                .execute(values)
                .map(rows ->
                    Rows.list(
                        rows,
                        row ->
                            new Told(
                                executorId, Rows.time(row, "at"), Rows.json(row, "reading")))));
  }

  private static <T> UUID[] uuids(List<T> rows, Function<T, String> each) {
    return rows.stream().map(each).map(UUID::fromString).toArray(UUID[]::new);
  }

  private static Presence presence(Row row) {
    return new Presence(
        row.getString("connection_id"),
        row.getString("node"),
        row.getString("remote_address"),
        row.getString("version"),
        row.getString("boot_id"),
        List.of(row.getArrayOfStrings("features")),
        Rows.time(row, "connected_at"),
        Rows.time(row, "ended_at"),
        row.getString("ended_how"),
        Rows.time(row, "read_at"),
        Rows.json(row, "reading"));
  }

  private static Event event(Row row) {
    return new Event(
        Rows.id(row, "id"), Rows.time(row, "at"), row.getString("kind"), row.getString("detail"));
  }
}
