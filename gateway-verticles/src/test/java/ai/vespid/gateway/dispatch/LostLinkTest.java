package ai.vespid.gateway.dispatch;

import static ai.vespid.gateway.dispatch.Routes.dispatch;
import static ai.vespid.gateway.dispatch.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a link that is lost, and a process that comes back or does not, mean for what it held. */
class LostLinkTest {
  private static final DispatchResult OK = DispatchResult.succeeded(RawJson.of("1"));
  private static final long GRACE_MS = 10_000;

  private final ExecutorDirectory directory = new ExecutorDirectory();
  private final DispatchTable table =
      new DispatchTable(new DispatchTable.Rules(1_000, 100, 3, GRACE_MS, 3), directory);

  @Test
  void givesRetrySafeWorkToAnotherWhenItsAgentIsDoubted() {
    table.routeUp(route("a", 1), 0);
    table.submit(
        dispatch(Routes.ORG, "n", Selector.byon(), EffectClass.RETRY_SAFE, 60_000), false, 0);
    var first = only(Decision.Offer.class);
    table.routeUp(route("b", 1), 0);

    table.doubt(id(first), 1, "a", 1_000);

    var decided = table.decisions();
    assertThat(decided).hasSize(2);
    assertThat(((Decision.Cancel) decided.get(0)).epoch()).isEqualTo(1);
    assertThat(((Decision.Offer) decided.get(1)).route().executorId()).isEqualTo("b");
    assertThat(table.report(id(first), 1, "a", OK, 1_100)).isEqualTo(Verdict.UNWANTED);
  }

  @Test
  void givesADoubtedAgentNothingMoreButLeavesItWhatMayHaveBegun() {
    table.routeUp(route("a", 2), 0);
    table.submit(dispatch("n"), false, 0);
    var first = only(Decision.Offer.class);

    table.doubt(id(first), 1, "a", 1_000);
    assertThat(table.refusal(dispatch("next"), false)).contains(ErrorCode.NO_AGENT_AVAILABLE);

    table.routeUp(route("a", 2), 1_100);
    assertThat(table.refusal(dispatch("next"), false)).isEmpty();
    assertThat(report(first, "a")).isEqualTo(Verdict.DECIDED);
  }

  @Test
  void givesALostAgentAGraceBeforeItsWorkIsLost() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), false, 0);
    table.decisions();
    table.routeDown("a", "a-c1", 100);
    table.tick(GRACE_MS);
    assertThat(table.decisions()).isEmpty();

    table.tick(GRACE_MS + 120);
    assertThat(only(Decision.Finish.class).result().error()).isEqualTo("AGENT_DISCONNECTED");
  }

  @Test
  void offersRetrySafeWorkAgainAfterTheGrace() {
    table.routeUp(route("a", 1), 0);
    table.submit(
        dispatch(Routes.ORG, "n", Selector.byon(), EffectClass.RETRY_SAFE, 60_000), false, 0);
    table.decisions();
    table.routeUp(route("b", 1), 0);
    table.routeDown("a", "a-c1", 100);
    table.tick(GRACE_MS + 120);

    var again = only(Decision.Offer.class);
    assertThat(again.route().executorId()).isEqualTo("b");
    assertThat(again.epoch()).isEqualTo(2);
  }

  @Test
  void believesTheHelloOfAProcessThatComesBack() {
    table.routeUp(route("a", 3), 0);
    table.submit(dispatch("running"), false, 0);
    table.submit(dispatch("unseen"), false, 0);
    var offers = allOf(Decision.Offer.class);
    table.routeDown("a", "a-c1", 100);
    var back = connection("a", "c2", "boot");
    var reconciled =
        table.reconcile(
            new Reconcile(
                "k",
                Routes.ORG,
                "a",
                "c2",
                1,
                "boot",
                List.of(held(offers.get(0)), new Held("unknown-id", 1)),
                List.of(),
                "gw"),
            200);
    table.routeUp(back, 200);

    assertThat(reconciled.adopted())
        .extracting(a -> a.requestId())
        .containsExactly(id(offers.get(0)));
    assertThat(reconciled.drop()).containsExactly(new Held("unknown-id", 1));
    assertThat(offers()).containsExactly("unseen");
    assertThat(report(offers.get(0), "a")).isEqualTo(Verdict.DECIDED);
  }

  @Test
  void losesWhatDiedWithItsProcess() {
    table.routeUp(route("a", 3), 0);
    table.submit(dispatch("n"), false, 0);
    table.decisions();
    table.reconcile(
        new Reconcile("k", Routes.ORG, "a", "c2", 1, "another-boot", List.of(), List.of(), "gw"),
        200);

    assertThat(only(Decision.Finish.class).result().error()).isEqualTo("AGENT_DISCONNECTED");
  }

  @Test
  void recoversAnAssignedDispatchIntoGraceAndNeverOffersItTwice() {
    table.handover().recover(dispatch("n"), 1, new Holder("a", "boot", 0), 60_000, 0);
    table.routeUp(route("b", 1), 0);
    assertThat(table.decisions()).isEmpty();

    var mine = new Held(dispatch("n").requestId(), 1);
    table.reconcile(
        new Reconcile("k", Routes.ORG, "a", "c2", 1, "boot", List.of(), List.of(mine), "gw"), 10);
    table.routeUp(connection("a", "c2", "boot"), 10);
    assertThat(table.report(mine.requestId(), 1, "a", OK, 20)).isEqualTo(Verdict.DECIDED);
    assertThat(only(Decision.Finish.class).durable()).isTrue();
  }

  private static Route connection(String executorId, String connectionId, String bootId) {
    return Routes.route(executorId, connectionId, bootId, Pool.BYON, 3, Set.of());
  }

  private static Held held(Decision.Offer offer) {
    return new Held(id(offer), offer.epoch());
  }

  private Verdict report(Decision.Offer offer, String executorId) {
    return table.report(id(offer), offer.epoch(), executorId, OK, 1);
  }

  private static String id(Decision.Offer offer) {
    return offer.dispatch().requestId();
  }

  private static String node(Decision.Offer offer) {
    return id(offer).split(":")[1];
  }

  private List<String> offers() {
    return allOf(Decision.Offer.class).stream().map(LostLinkTest::node).toList();
  }

  private <D extends Decision> List<D> allOf(Class<D> type) {
    return table.decisions().stream().filter(type::isInstance).map(type::cast).toList();
  }

  private <D extends Decision> D only(Class<D> type) {
    var decided = table.decisions();
    assertThat(decided).hasSize(1);
    return type.cast(decided.getFirst());
  }
}
