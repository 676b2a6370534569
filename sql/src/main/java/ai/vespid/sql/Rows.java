package ai.vespid.sql;

import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
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

  static OffsetDateTime at(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
