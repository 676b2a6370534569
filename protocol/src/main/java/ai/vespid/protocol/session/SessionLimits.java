package ai.vespid.protocol.session;

import ai.vespid.protocol.Check;

/**
 * The bounds of one turn (contract 1.3). They are checked when a session is created, so that none
 * can be stored that nobody would keep (defect E22).
 *
 * @param maxTurns inferences of one turn
 * @param timeoutMs from its beginning to its end
 * @param maxOutputChars of one inference
 * @param maxRuntimeChars of all that an engine is told; the oldest is left out first
 */
public record SessionLimits(
    Integer maxTurns,
    Integer maxToolCalls,
    Integer timeoutMs,
    Integer maxOutputChars,
    Integer maxRuntimeChars) {
  public static final SessionLimits DEFAULT = new SessionLimits(null, null, null, null, null);

  public SessionLimits {
    maxTurns = within("limits.maxTurns", maxTurns, 1, 200, 8);
    maxToolCalls = within("limits.maxToolCalls", maxToolCalls, 0, 1_000, 20);
    timeoutMs = within("limits.timeoutMs", timeoutMs, 1_000, 600_000, 60_000);
    maxOutputChars = within("limits.maxOutputChars", maxOutputChars, 256, 2_000_000, 100_000);
    maxRuntimeChars = within("limits.maxRuntimeChars", maxRuntimeChars, 10_000, 5_000_000, 300_000);
  }

  private static int within(String field, Integer value, int min, int max, int otherwise) {
    return value == null ? otherwise : Check.range(field, value, min, max);
  }
}
