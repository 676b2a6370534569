package ai.vespid.gateway.viewers;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.session.SessionEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What a viewer is shown is exact, whatever is lost, late or told twice. */
final class FollowTest {
  private static SessionEvent event(long seq) {
    return new SessionEvent("s", seq, "user_message", "info", null, "now");
  }

  private static List<SessionEvent> events(long from, long to) {
    return LongStream.rangeClosed(from, to).mapToObj(FollowTest::event).toList();
  }

  @Test
  void showsHistoryThenWhatHappensOnce() {
    var follow = new Follow(-1, 2);
    assertThat(follow.beginReading()).isTrue();
    assertThat(follow.live(events(3, 3))).isEmpty();
    assertThat(follow.read(events(0, 2))).isEqualTo(events(0, 2));
    assertThat(follow.beginReading()).isTrue();
    assertThat(follow.read(events(3, 3))).isEqualTo(events(3, 3));

    assertThat(follow.beginReading()).isFalse();
    assertThat(follow.live(events(3, 4))).isEqualTo(events(4, 4));
    assertThat(follow.seen()).isEqualTo(4);
  }

  @Test
  void readsWhatWasLost() {
    var follow = new Follow(5, 5);
    assertThat(follow.beginReading()).isFalse();
    assertThat(follow.live(events(8, 8))).isEmpty();

    assertThat(follow.beginReading()).isTrue();
    assertThat(follow.upTo(5)).isFalse();
  }

  @Test
  void showsEveryEventOnceAndInOrderWhateverIsLost() {
    for (int seed = 0; seed < 2_000; seed++) {
      var random = new Random(seed);
      var follow = new Follow(-1, -1);
      var shown = new ArrayList<SessionEvent>();
      long last = -1;
      boolean reading = false;
      for (int step = 0; step < 100; step++) {
        switch (random.nextInt(4)) {
          case 0 -> {
            last++;
            if (random.nextInt(3) > 0) shown.addAll(follow.live(events(last, last)));
          }
          case 1 -> shown.addAll(follow.live(events(Math.max(0, last - 2), last)));
          case 2 -> follow.newest(last);
          default -> {
            if (reading) shown.addAll(follow.read(events(follow.seen() + 1, last)));
            reading = follow.beginReading();
          }
        }
      }
      if (reading) shown.addAll(follow.read(events(follow.seen() + 1, last)));
      follow.newest(last);
      if (follow.beginReading()) shown.addAll(follow.read(events(follow.seen() + 1, last)));

      assertThat(shown).as("seed %d", seed).isEqualTo(events(0, last));
    }
  }
}
