package ai.vespid.gateway.control;

import ai.vespid.protocol.Timestamps;
import java.time.Instant;

/** Times as the contract writes them: UTC, always with milliseconds. */
final class Iso {
  private Iso() {}

  static String of(Instant time) {
    return Timestamps.iso(time);
  }
}
