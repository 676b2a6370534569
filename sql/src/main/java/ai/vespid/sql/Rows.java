package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.StreamSupport;

/** Rows as records. */
final class Rows {
  private Rows() {}

  static <T> List<T> list(RowSet<Row> rows, Function<Row, T> each) {
    return StreamSupport.stream(rows.spliterator(), false).map(each).toList();
  }

  static <T> Optional<T> first(RowSet<Row> rows, Function<Row, T> each) {
    return StreamSupport.stream(rows.spliterator(), false).map(each).findFirst();
  }

  static String id(Row row, String column) {
    var id = row.getUUID(column);
    return id == null ? null : id.toString();
  }

  static Instant time(Row row, String column) {
    var time = row.getOffsetDateTime(column);
    return time == null ? null : time.toInstant();
  }

  /** A json column, selected as text so that it stays as it was written. */
  static RawJson json(Row row, String column) {
    var text = row.getString(column);
    return text == null ? null : RawJson.of(text);
  }

  /** The value of a parameter that is written as {@code $n::text::json}. */
  static String text(RawJson json) {
    return json == null ? null : json.text();
  }

  static UUID uuid(String id) {
    return id == null ? null : UUID.fromString(id);
  }

  static <T> String[] texts(List<T> rows, Function<T, String> each) {
    return rows.stream().map(each).toArray(String[]::new);
  }

  static <T> OffsetDateTime[] times(List<T> rows, Function<T, Instant> each) {
    return rows.stream().map(each).map(Rows::at).toArray(OffsetDateTime[]::new);
  }

  static OffsetDateTime at(Instant instant) {
    return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
  }
}
