package ai.vespid.gateway.dispatch;

import static ai.vespid.gateway.dispatch.Routes.dispatch;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.StagedSurroundings;
import ai.vespid.kit.node.Homes;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.DispatchRouter.HandOver;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import ai.vespid.protocol.bus.ExecutorEdge.HoldingList;
import ai.vespid.protocol.bus.ExecutorEdge.Holdings;
import io.vertx.core.Future;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** In which order a home that is new learns what is under way. */
class SuccessionTest {
  private static final String ID = dispatch("n").requestId();

  private final StagedSurroundings here = new StagedSurroundings("me");
  private final DispatchTable table =
      new DispatchTable(new DispatchTable.Rules(1_000, 100, 3, 10_000, 3), new ExecutorDirectory());
  private final Waiters waiters = new Waiters();
  private final Succession succession =
      new Succession(
          here,
          0,
          table,
          waiters,
          new LostHomes(here, table, waiters, () -> {}, 10_000),
          10_000,
          Future::succeededFuture,
          () -> {},
          () -> {});

  /**
   * A former home gave it to an agent after edges had been asked, then to a third home, and then
   * answered; the third one had answered before it arrived there. Its result came here and was
   * called unwanted, and its caller heard of a timeout.
   */
  @Test
  void knowsFromEdgesWhatIsOnItsWayBetweenFormerHomes() {
    var view = here.sees("me", "former", "third");
    var organization = organizationOf(view);
    succession.viewChanged(view);
    tell(List.of(), List.of(), List.of());
    here.next(HandOver.class).answer().complete(new Done());
    here.next(HandOver.class).answer().complete(new Done());
    assertThat(succession.knows(key(organization))).as("edges are asked again").isFalse();

    tell(
        List.of(),
        List.of(new Holding(ID, 1, Pool.BYON, organization, "agent", "boot")),
        List.of());

    assertThat(succession.knows(key(organization))).isTrue();
    assertThat(table.handover().orphaned(ID)).isPresent();
  }

  @Test
  void asksEdgesOnceWhenThereIsNoFormerHome() {
    var view = here.sees("me");
    succession.viewChanged(view);

    tell(List.of());

    assertThat(succession.knows(key("any"))).isTrue();
  }

  @SafeVarargs
  private void tell(List<Holding>... ofEdges) {
    for (var holdings : ofEdges) {
      here.next(Holdings.class).answer().complete(new HoldingList(holdings));
    }
  }

  private static String organizationOf(View view) {
    return IntStream.range(0, 1_000)
        .mapToObj(Integer::toString)
        .filter(organization -> view.homes().isHome("me", key(organization)))
        .findFirst()
        .orElseThrow();
  }

  private static String key(String organization) {
    return Homes.queueKey(Pool.BYON, organization);
  }
}
