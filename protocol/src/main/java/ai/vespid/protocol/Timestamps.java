package ai.vespid.protocol;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Times as every answer and frame writes them: ISO-8601 in UTC with three decimals. */
public final class Timestamps {
  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private Timestamps() {}

  /** Null stays null. */
  public static String iso(Instant time) {
    return time == null ? null : FORMAT.format(time);
  }
}
