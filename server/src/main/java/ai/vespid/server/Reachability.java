package ai.vespid.server;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides from what others answer to probes whether this node cannot be reached. The others are
 * asked in turn: one of them that is slow, or on its way out, says nothing about the rest.
 *
 * <p>Who answers that it cannot reach us is believed. Silence may be its own fault: it counts when
 * at least two are silent and nobody answers. With one other nobody could tell which of both it is,
 * and both would leave.
 */
final class Reachability {
  static final int FAILED_MAX = 10;
  static final long EVERY_MS = 1_000;
  private static final long LATE_MS = 500;
  // A timer that was stopped makes up for what it missed, all at once.
  private static final long EARLY_MS = 500;

  private final Set<String> silent = new HashSet<>();
  private int failed;
  private int refused;
  private int turn;
  private long lookedMs = -1;

  /** Whom to ask now, once every {@link #EVERY_MS}; nobody while this node has no time itself. */
  Optional<String> next(List<String> others, long nowMs) {
    long sinceMs = lookedMs < 0 ? EVERY_MS : nowMs - lookedMs;
    if (sinceMs < EVERY_MS - EARLY_MS) return Optional.empty();
    boolean late = sinceMs > EVERY_MS + LATE_MS;
    lookedMs = nowMs;
    if (late || others.isEmpty()) reached();
    return late || others.isEmpty()
        ? Optional.empty()
        : Optional.of(others.get(Math.floorMod(turn++, others.size())));
  }

  /** Somebody reached us. */
  void reached() {
    failed = 0;
    refused = 0;
    silent.clear();
  }

  /** Somebody answered that it cannot reach us. */
  void refused() {
    failed++;
    refused++;
  }

  /** Somebody did not answer. */
  void silent(String who) {
    failed++;
    silent.add(who);
  }

  /** True while the last probe failed. */
  boolean doubted() {
    return failed > 0;
  }

  /** True after each ten probes in a row that failed: worth a line in the log. */
  boolean doubtful() {
    return failed > 0 && failed % FAILED_MAX == 0;
  }

  /** True when this node should leave. */
  boolean lost() {
    return refused >= FAILED_MAX || failed >= FAILED_MAX && silent.size() >= 2;
  }
}
