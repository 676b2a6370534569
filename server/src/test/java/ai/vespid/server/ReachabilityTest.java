package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReachabilityTest {
  private final Reachability reachability = new Reachability();

  @Test
  void asksTheOthersInTurn() {
    var others = List.of("b", "c");

    assertThat(reachability.next(others, 0)).hasValue("b");
    assertThat(reachability.next(others, 1_000)).hasValue("c");
    assertThat(reachability.next(others, 2_000)).hasValue("b");
    assertThat(reachability.next(List.of(), 3_000)).isEmpty();
  }

  @Test
  void isLostWhenOthersSayThatTheyCannotReachIt() {
    for (int i = 1; i < Reachability.FAILED_MAX; i++) reachability.refused();
    assertThat(reachability.lost()).isFalse();

    reachability.refused();

    assertThat(reachability.lost()).isTrue();
  }

  @Test
  void isNotLostBecauseOneOtherIsSilent() {
    for (int i = 0; i < 10 * Reachability.FAILED_MAX; i++) reachability.silent("b");

    assertThat(reachability.lost()).isFalse();
    assertThat(reachability.doubtful()).isTrue();
  }

  @Test
  void isNotLostWhileAnybodyReachesIt() {
    for (int i = 0; i < 10 * Reachability.FAILED_MAX; i++) {
      reachability.silent("b");
      reachability.refused();
      reachability.reached();
    }

    assertThat(reachability.lost()).isFalse();
  }

  @Test
  void isLostWhenNobodyAnswers() {
    for (int i = 0; i < Reachability.FAILED_MAX; i++) reachability.silent(i % 2 == 0 ? "b" : "c");

    assertThat(reachability.lost()).isTrue();
  }

  @Test
  void judgesNothingWhenItWasLateItself() {
    for (int i = 1; i < Reachability.FAILED_MAX; i++) reachability.silent(i % 2 == 0 ? "b" : "c");
    assertThat(reachability.next(List.of("b", "c"), 1_000)).isPresent();

    assertThat(reachability.next(List.of("b", "c"), 3_000)).isEmpty();
    reachability.silent("b");

    assertThat(reachability.lost()).isFalse();
  }

  @Test
  void asksOnceWhenItWasStoppedAndItsTimerMakesUpForThat() {
    var others = List.of("b", "c");
    reachability.next(others, 0);

    for (int i = 0; i < 30; i++) assertThat(reachability.next(others, 30_000 + i)).isEmpty();

    assertThat(reachability.next(others, 31_000)).isPresent();
  }
}
