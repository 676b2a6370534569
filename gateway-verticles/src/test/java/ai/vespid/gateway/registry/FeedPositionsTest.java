package ai.vespid.gateway.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FeedPositionsTest {
  private final FeedPositions positions = new FeedPositions();

  @Test
  void followsOneChangeAfterTheOther() {
    positions.read("a", 4);

    assertThat(positions.follows("a", 5)).isTrue();
    assertThat(positions.follows("a", 6)).isTrue();
    assertThat(positions.at("a")).isEqualTo(6);
  }

  @Test
  void noticesWhatWasLostOrSaidTwice() {
    positions.read("a", 4);

    assertThat(positions.follows("a", 6)).as("5 was lost").isFalse();
    assertThat(positions.follows("a", 4)).as("known already").isFalse();
    assertThat(positions.at("a")).isEqualTo(4);
  }

  @Test
  void believesNobodyWhoseRoutesWereNeverRead() {
    assertThat(positions.follows("a", 1)).isFalse();
    assertThat(positions.at("a")).isEqualTo(FeedPositions.UNKNOWN);
  }

  @Test
  void readsOneNodeOnceAtATime() {
    assertThat(positions.reads("a")).isTrue();
    assertThat(positions.reads("a")).isFalse();
    assertThat(positions.follows("a", 1)).as("while it is read").isFalse();

    positions.unread("a");
    assertThat(positions.reads("a")).isTrue();
  }

  @Test
  void forgetsWhoIsGone() {
    positions.read("a", 4);
    positions.keepOnly(node -> false);

    assertThat(positions.at("a")).isEqualTo(FeedPositions.UNKNOWN);
  }
}
