package ai.vespid.kit.node;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.node.Member.State;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MembershipTest {
  private static final Member A = new Member("a~1", "a", 1, 1, State.STARTING);
  private static final Member B = new Member("b~1", "b", 1, 1, State.STARTING);

  private final Membership membership = new Membership(A);

  @Test
  void aNodeThatIsAloneIsHomeForEverythingOnceItServes() {
    assertThat(homes()).isEmpty();
    membership.state("a~1", State.SERVING);
    assertThat(homes()).containsExactly("a~1");
  }

  @Test
  void whoStartsIsHomeForNothingWhileOthersServe() {
    membership.alive(List.of(A, B));
    membership.state("b~1", State.SERVING);
    assertThat(homes()).containsExactly("b~1");

    membership.state("a~1", State.SERVING);
    assertThat(homes()).containsExactly("a~1", "b~1");
  }

  @Test
  void whoDrainsIsHomeForNothingWhileOthersServe() {
    membership.alive(List.of(A, B));
    membership.state("a~1", State.DRAINING);
    assertThat(membership.draining()).as("nobody could take over").isFalse();

    membership.state("b~1", State.SERVING);
    assertThat(membership.draining()).isTrue();
    assertThat(homes()).containsExactly("b~1");

    membership.alive(List.of(A));
    assertThat(homes()).as("the last one keeps its homes").containsExactly("a~1");
  }

  @Test
  void isReadyFromWhenItServesUntilSomebodyTakesOver() {
    membership.alive(List.of(A, B));
    assertThat(membership.ready()).as("starting").isFalse();
    membership.state("a~1", State.SERVING);
    assertThat(membership.ready()).isTrue();

    membership.state("a~1", State.DRAINING);
    assertThat(membership.ready()).as("nobody takes over yet").isTrue();
    membership.state("b~1", State.SERVING);
    assertThat(membership.ready()).isFalse();
  }

  @Test
  void tellsEveryChangeOnce() {
    var seen = new ArrayList<Integer>();
    membership.listen((_, now) -> seen.add(now.members().size()));

    membership.alive(List.of(A, B));
    membership.alive(List.of(B, A));
    membership.alive(List.of(A));

    assertThat(seen).containsExactly(2, 1);
  }

  @Test
  void aNodeThatIsStartedAgainHasNoStateOfItsFormerLife() {
    membership.alive(List.of(A, B));
    membership.state("b~1", State.DRAINING);
    membership.alive(List.of(A));
    membership.alive(List.of(A, new Member("b~2", "b", 1, 1, State.STARTING)));

    assertThat(membership.view().member("b~2").orElseThrow().state()).isEqualTo(State.STARTING);
  }

  @Test
  void endsWhenItLeavesAndNobodyTakesOver() {
    assertThat(membership.ending()).isFalse();

    membership.state("a~1", State.DRAINING);
    assertThat(membership.ending()).isTrue();

    membership.alive(List.of(A, new Member("b~1", "b", 1, 1, State.SERVING)));
    assertThat(membership.ending()).isFalse();
  }

  @Test
  void whoHasNotSaidAnythingIsNotKnown() {
    membership.alive(List.of(A, new Member("b~1", "b", 1, 1, State.UNKNOWN)));
    assertThat(membership.view().introduced()).isFalse();

    membership.state("b~1", State.STARTING);
    assertThat(membership.view().introduced()).isTrue();
  }

  private List<String> homes() {
    return membership.view().homes().routers().stream().map(Seat::node).toList();
  }
}
