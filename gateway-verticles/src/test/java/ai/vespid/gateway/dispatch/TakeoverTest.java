package ai.vespid.gateway.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.node.Homes;
import ai.vespid.kit.node.Seat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TakeoverTest {
  private static final Seat ME = new Seat("a", 0);
  private static final Seat OTHER = new Seat("b", 0);
  private static final Homes ALONE = new Homes(List.of(ME));
  private static final Homes BOTH = new Homes(List.of(ME, OTHER));

  private final Takeover takeover = new Takeover(ME);

  @Test
  void waitsWithAllKeysUntilEverythingIsKnown() {
    assertThat(takeover.changed(ALONE, List.of(ME, OTHER), List.of(ME), List.of(ME))).isTrue();
    assertThat(takeover.waits("k")).isTrue();

    takeover.edgeAnswered(ME);
    assertThat(takeover.answered()).isFalse();
    takeover.edgeAnswered(OTHER);
    assertThat(takeover.answered()).isTrue();
    assertThat(takeover.waits("k")).as("the database is not read yet").isTrue();

    takeover.done();
    assertThat(takeover.waits("k")).isFalse();
    assertThat(takeover.mine("k")).isTrue();
  }

  @Test
  void anHeirThatSeesTheSameHomesIsAgreedWithWhereverSessionsAreDecided() {
    var view = new Homes(BOTH.routers(), List.of(ME));
    takeover.changed(view, List.of(), List.of(), List.of());
    takeover.done();

    takeover.yielded(OTHER, BOTH);

    assertThat(takeover.heirLost(OTHER)).isFalse();
  }

  @Test
  void waitsOnlyWithKeysOfAHomeThatIsGone() {
    settle(BOTH);
    var mine = key(BOTH, ME);
    var others = key(BOTH, OTHER);

    assertThat(takeover.changed(ALONE, List.of(ME), List.of(ME), List.of(ME))).isTrue();

    assertThat(takeover.waits(mine)).isFalse();
    assertThat(takeover.mine(others)).isTrue();
    assertThat(takeover.waits(others)).isTrue();
  }

  @Test
  void hasNothingToAskWhenAnotherOneComes() {
    settle(ALONE);

    assertThat(takeover.changed(BOTH, List.of(ME, OTHER), List.of(ME, OTHER), List.of(ME, OTHER)))
        .isFalse();
    assertThat(takeover.mine(key(BOTH, OTHER))).isFalse();
    assertThat(takeover.waits(key(BOTH, ME))).isFalse();
  }

  @Test
  void asksTheFormerHomesWhenItComesItself() {
    var theirs = new Homes(List.of(OTHER));
    assertThat(takeover.changed(theirs, List.of(OTHER), List.of(OTHER), List.of(OTHER))).isFalse();

    assertThat(takeover.changed(BOTH, List.of(), List.of(ME, OTHER), List.of(ME, OTHER))).isTrue();
    assertThat(takeover.answered()).isFalse();
    takeover.routerAnswered(OTHER);
    assertThat(takeover.answered()).isTrue();
  }

  @Test
  void doesNotWaitForWhoDiesMeanwhileNorLongerThanTheGrace() {
    takeover.changed(BOTH, List.of(ME, OTHER), List.of(ME, OTHER), List.of(ME, OTHER));
    int round = takeover.round();
    takeover.edgeAnswered(ME);
    takeover.changed(ALONE, List.of(ME), List.of(ME), List.of(ME));
    assertThat(takeover.round()).as("everybody is asked again").isNotEqualTo(round);

    assertThat(takeover.answered()).isFalse();
    takeover.graceOver();
    assertThat(takeover.answered()).isTrue();
  }

  @Test
  void givesKeysUpToAnHeirItDoesNotSeeYet() {
    settle(ALONE);
    var theirs = key(BOTH, OTHER);

    takeover.yielded(OTHER, BOTH);
    assertThat(takeover.mine(theirs)).isFalse();
    assertThat(takeover.mine(key(BOTH, ME))).isTrue();

    takeover.heirLost(OTHER);
    assertThat(takeover.mine(theirs)).isTrue();
  }

  @Test
  void isUnsureWhileARouterThatCameHasNotSaidWhatItHas() {
    settle(ALONE);
    takeover.changed(BOTH, List.of(), List.of(ME, OTHER), List.of(ME, OTHER));
    var mine = key(BOTH, ME);
    assertThat(takeover.arrivals()).containsExactly(OTHER);
    assertThat(takeover.unsure(mine)).isTrue();
    assertThat(takeover.waits(mine)).isFalse();

    takeover.arrivalAnswered(OTHER);
    assertThat(takeover.unsure(mine)).isFalse();
  }

  @Test
  void isUnsureWhileARouterThatCameDrainsWithWhatItHas() {
    settle(ALONE);
    takeover.changed(ALONE, List.of(), List.of(ME, OTHER), List.of(ME));
    assertThat(takeover.unsure("k")).as("it has not said whether it decides").isFalse();

    takeover.changed(ALONE, List.of(), List.of(ME, OTHER), List.of(ME, OTHER));
    assertThat(takeover.arrivals()).containsExactly(OTHER);
    assertThat(takeover.unsure("k")).isTrue();

    takeover.changed(ALONE, List.of(), List.of(ME), List.of(ME));
    assertThat(takeover.unsure("k")).as("it is gone").isFalse();
  }

  @Test
  void findsOutAgainWhatItHadYieldedToWhoWasNeverSeen() {
    settle(ALONE);
    takeover.yielded(OTHER, BOTH);

    assertThat(takeover.heirLost(OTHER)).isTrue();
    assertThat(takeover.changed(ALONE, List.of(ME), List.of(ME), List.of(ME))).isTrue();
    assertThat(takeover.waits(key(BOTH, OTHER))).isTrue();
    assertThat(takeover.heirLost(OTHER)).isFalse();
  }

  /** Two others came, one of which had not seen the other yet when it asked. */
  @Test
  void knowsWhatItKnewWhenAnHeirIsSeenAmongMoreThanItSaw() {
    settle(ALONE);
    takeover.yielded(OTHER, BOTH);

    settle(new Homes(List.of(ME, OTHER, new Seat("c", 0))));

    assertThat(takeover.heirLost(OTHER)).isFalse();
  }

  private void settle(Homes homes) {
    takeover.changed(homes, List.of(), List.of(), homes.routers());
    takeover.done();
  }

  private static String key(Homes homes, Seat home) {
    return IntStream.range(0, 1_000)
        .mapToObj(i -> "byon:" + i)
        .filter(key -> homes.seatOf(key).equals(home))
        .findFirst()
        .orElseThrow();
  }
}
