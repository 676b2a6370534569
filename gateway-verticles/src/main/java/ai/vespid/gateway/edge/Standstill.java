package ai.vespid.gateway.edge;

/**
 * Notices that this node itself stood still. Who was not heard meanwhile may have spoken: nobody is
 * judged for its silence before what came has been read. A node that stands still again and again
 * judges all the same, every other time.
 */
final class Standstill {
  private static final int LATE = 2;

  private final long everyMs;
  private long lookedMs;
  private long untilMs;
  private boolean excused;

  /**
   * @param everyMs how far apart looks are, when nothing is in their way
   */
  Standstill(long everyMs, long nowMs) {
    this.everyMs = everyMs;
    this.lookedMs = nowMs;
  }

  /** True from a look that came late until one interval after it. */
  boolean justEnded(long nowMs) {
    boolean late = nowMs - lookedMs > LATE * everyMs;
    lookedMs = nowMs;
    if (late && !excused) untilMs = nowMs + everyMs;
    excused = nowMs < untilMs;
    return excused;
  }
}
