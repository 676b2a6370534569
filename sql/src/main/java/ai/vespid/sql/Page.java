package ai.vespid.sql;

import java.time.Instant;

/**
 * Where a list that is read newest first goes on: strictly after the row with this time and id. The
 * time has all the microseconds of the row's, so that nothing is left out or told twice (defect
 * E18).
 *
 * @param at null for the beginning, and {@code id} with it
 */
public record Page(Instant at, String id, int limit) {
  public static Page first(int limit) {
    return new Page(null, null, limit);
  }
}
