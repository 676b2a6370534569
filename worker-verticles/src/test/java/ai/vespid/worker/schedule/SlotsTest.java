package ai.vespid.worker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.sql.TriggerRepository.Subscription;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SlotsTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:30Z");

  private final Slots slots = new Slots(bound -> bound - 1);

  private static Subscription cron(String expression) {
    return new Subscription(
        "id",
        "org",
        "workflow",
        1,
        null,
        "cron",
        true,
        expression,
        null,
        null,
        null,
        NOW,
        null,
        null,
        null,
        0,
        NOW,
        NOW);
  }

  private static Subscription heartbeat(int interval, int jitter, int skew, Instant slot) {
    return new Subscription(
        "id",
        "org",
        "workflow",
        1,
        null,
        "heartbeat",
        true,
        null,
        interval,
        jitter,
        skew,
        slot,
        null,
        null,
        null,
        0,
        NOW,
        NOW);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "* * * * *|2026-01-01T00:01:00Z",
        "*/15 * * * *|2026-01-01T00:15:00Z",
        "0 9-17/4 * * *|2026-01-01T09:00:00Z",
        "30 2 1,15 * *|2026-01-01T02:30:00Z",
        "0 0 29 2 *|2028-02-29T00:00:00Z",
        "0 0 * * MON|2026-01-05T00:00:00Z",
        // Thursday the 1st: Saturday the 3rd comes before the 13th.
        "0 12 13 * 6|2026-01-03T12:00:00Z"
      })
  void cronNamesTheNextSlotInUtc(String expression, Instant next) {
    assertThat(slots.next(cron(expression), NOW)).contains(next);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "* * * *", "61 * * * *", "a b c d e", "0 0 31 2 *"})
  void whatMeansNothingHasNoSlot(String expression) {
    assertThat(slots.next(cron(expression), NOW)).isEmpty();
  }

  @Test
  void aHeartbeatKeepsItsBeatUnlessItIsTooLate() {
    var slot = NOW.minusSeconds(3);

    assertThat(slots.next(heartbeat(10, 0, 5, slot), NOW)).contains(slot.plusSeconds(10));
    assertThat(slots.next(heartbeat(10, 0, 2, slot), NOW)).contains(NOW.plusSeconds(10));
    assertThat(slots.next(heartbeat(10, 0, 5, null), NOW)).contains(NOW.plusSeconds(10));
    assertThat(slots.next(heartbeat(10, 4, 5, slot), NOW)).contains(slot.plusSeconds(14));
  }
}
