package ai.vespid.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.gateway.StagedSurroundings;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.View;
import java.util.List;
import org.junit.jupiter.api.Test;

class FenceTest {
  private final Fence fence = new Fence(seeing("a", "b"));

  private static View seeing(String... nodes) {
    return new StagedSurroundings("edge").sees(nodes);
  }

  @Test
  void takesOffersOfWhoItSees() {
    assertThat(fence.lets("a", 0)).isTrue();
    assertThat(fence.lets("c", 0)).isFalse();

    fence.viewChanged(seeing("a", "b", "c"), 0);
    assertThat(fence.lets("c", 0)).as("new, and has said nothing before").isTrue();
  }

  @Test
  void takesOffersOfWhoWasGoneOnlyAfterAWhile() {
    fence.viewChanged(seeing("a"), 0);
    assertThat(fence.lets("b", 1)).isFalse();

    fence.viewChanged(seeing("a", "b"), 10);
    assertThat(fence.lets("b", 10 + Fence.BACK_MS - 1)).isFalse();
    assertThat(fence.lets("b", 10 + Fence.BACK_MS)).isTrue();
  }

  @Test
  void saysNothingToANewHomeWhileItSeesAnotherOne() {
    assertThatThrownBy(() -> fence.agree(List.of("a"))).isInstanceOf(Fault.class);

    fence.viewChanged(seeing("a"), 0);
    fence.agree(List.of("a"));
  }
}
