package ai.vespid.gateway.dispatch;

import static ai.vespid.gateway.dispatch.Routes.ORG;
import static ai.vespid.gateway.dispatch.Routes.dispatch;
import static ai.vespid.gateway.dispatch.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.StagedSurroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OrphanCareTest {
  private static final String ID = dispatch("n").requestId();
  private static final Holding ORPHAN = new Holding(ID, 4, Pool.BYON, ORG, "a", "boot");

  private final StagedSurroundings here = new StagedSurroundings("me");
  private final DispatchTable table =
      new DispatchTable(new DispatchTable.Rules(1_000, 100, 3, 10_000, 3), new ExecutorDirectory());
  private List<Holding> held = List.of(ORPHAN);
  private final OrphanCare care =
      new OrphanCare(here, table.handover(), () -> Future.succeededFuture(held), () -> {});

  @BeforeEach
  void orphan() {
    table.routeUp(route("a", 1), 0);
    table.handover().orphan(ORPHAN, 600_000);
  }

  private void pass(long ms) {
    here.pass(ms);
    care.check();
  }

  @Test
  void forgetsWhatIsHeldNoMore() {
    held = List.of();

    care.check();

    assertThat(table.handover().orphans()).isEmpty();
    assertThat(table.decisions()).isEmpty();
  }

  @Test
  void givesUpWhatIsHeldForLongAndDecided() {
    care.check();
    pass(OrphanCare.EVERY_MS - 1);
    assertThat(here.asked).isEmpty();
    pass(1);
    var result = DispatchResult.succeeded(RawJson.NULL);
    here.next(ResultStore.Get.class).answer().complete(new ResultStore.Get.Found(ORG, result));

    assertThat(table.handover().orphans()).isEmpty();
    assertThat(table.decisions())
        .as("its edge and its agent are told")
        .containsExactly(new Decision.Cancel(route("a", 1), ID, 4, "DISPATCH_CANCELED"));
  }

  @Test
  void keepsWhatIsStillUnderWayAndLooksAgainLater() {
    care.check();
    pass(OrphanCare.EVERY_MS);
    here.next(ResultStore.Get.class).answer().complete(new ResultStore.Get.NotReady());
    pass(OrphanCare.EVERY_MS - 1);
    assertThat(here.asked).isEmpty();
    assertThat(table.handover().orphans()).containsExactly(ORPHAN);

    pass(1);

    assertThat(here.asked).hasSize(1);
  }

  @Test
  void beginsAnewWithAnotherAttempt() {
    care.check();
    var later = new Holding(ID, 5, Pool.BYON, ORG, "a", "boot");
    table.handover().orphan(later, 600_000);
    held = List.of(later);

    pass(OrphanCare.EVERY_MS);

    assertThat(here.asked).isEmpty();
  }
}
