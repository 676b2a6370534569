package ai.vespid.gateway.control;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Times as the contract writes them: UTC, always with milliseconds. */
final class Iso {
  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private Iso() {}

  static String of(Instant time) {
    return time == null ? null : FORMAT.format(time);
  }
}
