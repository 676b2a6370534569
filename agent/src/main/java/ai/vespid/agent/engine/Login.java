package ai.vespid.agent.engine;

import ai.vespid.protocol.Timestamps;
import ai.vespid.protocol.executor.ExecutorFrame.EngineAuth;
import java.time.Instant;
import java.util.Locale;

/**
 * What was found out about an engine (contract 1.6).
 *
 * @param program where it is; null when it is not there
 * @param verified whether it works without a key of the sender's
 */
record Login(String program, boolean verified, Reason reason, Instant checkedAt) {
  /** Never asked. */
  static final Login NOT_CHECKED = new Login(null, false, Reason.NOT_CHECKED, Instant.EPOCH);

  /** Why it is, or is not, verified; the wire has the names in small letters. */
  enum Reason {
    VERIFIED,
    NOT_REQUIRED,
    CLI_NOT_FOUND,
    PROBE_TIMEOUT,
    UNAUTHENTICATED,
    NOT_CHECKED;

    String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  boolean found() {
    return program != null;
  }

  /** What the gateway is told. */
  EngineAuth told() {
    return new EngineAuth(verified, Timestamps.iso(checkedAt), reason.wire());
  }

  /** Whether it says the same, whenever that was found out. */
  boolean same(Login other) {
    return found() == other.found() && reason == other.reason;
  }
}
