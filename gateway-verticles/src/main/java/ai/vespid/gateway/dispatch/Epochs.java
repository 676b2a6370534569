package ai.vespid.gateway.dispatch;

import ai.vespid.kit.node.Seat;
import java.util.function.LongToIntFunction;

/**
 * Where the epochs of a dispatch begin that stands in no row. No row counts them, so they are taken
 * from the time, and from the home: a home that begins anew after another one died begins with a
 * higher number, and no two begin with the same. What a stale home assigned is not believed.
 *
 * <p>Seconds since 2026 and two bits of the home: enough until 2043, and then they begin again,
 * which no dispatch lives to see.
 */
final class Epochs {
  private static final long ORIGIN_SEC = 1_767_225_600L;

  private Epochs() {}

  static LongToIntFunction of(Seat home) {
    int mark = home.hashCode() & 3;
    return nowMs -> (int) (((nowMs / 1_000 - ORIGIN_SEC) << 2 | mark) & Integer.MAX_VALUE);
  }
}
