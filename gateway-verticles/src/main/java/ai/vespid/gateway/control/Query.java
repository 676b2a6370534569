package ai.vespid.gateway.control;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.sql.Page;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;

/** What stands in the query of a list. A cursor is base64url of JSON, opaque to who holds it. */
record Query(Call call) {
  private static final int CURSOR_CHARS_MAX = 400;

  /** Where a list goes on: after a row, or after an event. */
  record Cursor(String at, String id, Long seq) {
    static Cursor after(Instant at, String id) {
      return new Cursor(at.toString(), id, null);
    }

    static Cursor afterEvent(long seq) {
      return new Cursor(null, null, seq);
    }

    String text() {
      return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.write(this));
    }
  }

  /** A parameter, or null. */
  String text(String name) {
    var values = call.context().queryParam(name);
    return values.isEmpty() ? null : values.getFirst();
  }

  String optionalUuid(String name) {
    return Check.optionalUuid(name, text(name));
  }

  int limit(int otherwise, int max) {
    var text = text("limit");
    if (text == null) return otherwise;
    try {
      return Check.range("limit", Integer.valueOf(text), 1, max);
    } catch (NumberFormatException _) {
      return Check.range("limit", 0, 1, max);
    }
  }

  /** The page of a list that is read newest first. */
  Page page(int otherwise, int max) {
    var cursor = cursor();
    int limit = limit(otherwise, max);
    if (cursor == null) return Page.first(limit);
    if (cursor.at() == null || !Check.isUuid(cursor.id())) throw notOurs();
    try {
      return new Page(Instant.parse(cursor.at()), cursor.id(), limit);
    } catch (DateTimeException _) {
      throw notOurs();
    }
  }

  /** The event after which the list goes on, 0 for the beginning. */
  long afterSeq() {
    return afterSeq(0);
  }

  /** The event after which the list goes on, {@code beginning} without a cursor. */
  long afterSeq(long beginning) {
    var cursor = cursor();
    if (cursor == null) return beginning;
    if (cursor.seq() == null) throw notOurs();
    return cursor.seq();
  }

  private Cursor cursor() {
    var text = text("cursor");
    if (text == null || text.isEmpty()) return null;
    if (text.length() > CURSOR_CHARS_MAX) throw notOurs();
    try {
      return Json.read(Base64.getUrlDecoder().decode(text), Cursor.class);
    } catch (IllegalArgumentException | InvalidMessage _) {
      throw notOurs();
    }
  }

  private static InvalidMessage notOurs() {
    return new InvalidMessage("cursor", "is none of ours");
  }

  /** The cursor behind a full page; null behind the last one. */
  static <T> String next(List<T> rows, Page page, Function<T, Cursor> after) {
    return rows.size() < page.limit() ? null : after.apply(rows.getLast()).text();
  }
}
