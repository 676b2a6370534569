package ai.vespid.gateway.dispatch;

import static ai.vespid.gateway.dispatch.Routes.dispatch;
import static ai.vespid.gateway.dispatch.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.Workspaces;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter.Moving;
import ai.vespid.protocol.bus.ExecutorEdge.Offer.Full;
import ai.vespid.protocol.bus.ExecutorEdge.Offer.NotHere;
import ai.vespid.protocol.bus.Holder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DispatchTableTest {
  private static final DispatchResult OK = DispatchResult.succeeded(RawJson.of("1"));
  private static final long GRACE_MS = 10_000;

  private final ExecutorDirectory directory = new ExecutorDirectory();
  private final DispatchTable table =
      new DispatchTable(new DispatchTable.Rules(1_000, 100, 3, GRACE_MS, 3), directory);

  @Test
  void offersToTheChosenExecutorAndSettlesOnItsReport() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), false, 0);
    var offer = only(Decision.Offer.class);

    assertThat(offer.route().executorId()).isEqualTo("a");
    assertThat(offer.epoch()).isEqualTo(1);
    assertThat(report(offer, "a")).isEqualTo(Verdict.DECIDED);
    assertThat(only(Decision.Finish.class).result()).isEqualTo(OK);
    assertThat(directory.heldBy("a")).isEmpty();
  }

  @Test
  void doesNotOfferWhatIsDueAtTheSameMomentAsWhatLeavesRoom() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("first"), false, 0);
    table.submit(
        dispatch(Routes.ORG, "second", Selector.byon(), EffectClass.AT_MOST_ONCE, 60_000),
        false,
        0);
    table.decisions();

    table.tick(60_000);

    assertThat(table.decisions()).noneMatch(Decision.Offer.class::isInstance);
  }

  @Test
  void believesNeitherAnotherExecutorNorAnotherEpoch() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), false, 0);
    var offer = only(Decision.Offer.class);

    assertThat(report(offer, "b")).isEqualTo(Verdict.UNWANTED);
    assertThat(table.report(id(offer), 2, "a", OK, 1)).isEqualTo(Verdict.UNWANTED);
    assertThat(table.decisions()).isEmpty();
  }

  @Test
  void writesADurableDispatchWithItsAssignmentBeforeOfferingIt() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), true, 0);
    var persist = only(Decision.Persist.class);
    assertThat(persist.first()).isTrue();
    assertThat(persist.assigned().executorId()).isEqualTo("a");

    table.persisted(persist.dispatch().requestId(), persist.epoch(), 1);
    assertThat(only(Decision.Offer.class).epoch()).isEqualTo(1);
  }

  @Test
  void forgetsADurableDispatchThatCouldNotBeWritten() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), true, 0);
    var persist = only(Decision.Persist.class);
    table.persistFailed(persist.dispatch().requestId(), persist.epoch(), 1);

    assertThat(table.size()).isZero();
    assertThat(directory.heldBy("a")).isEmpty();
    assertThat(table.decisions()).isEmpty();
  }

  @Test
  void failsAtOnceWhenAllAreFullAndTheCallerDoesNotWait() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n1"), false, 0);
    table.decisions();
    table.submit(dispatch("n2"), false, 0);

    assertThat(only(Decision.Finish.class).result().error()).isEqualTo("EXECUTOR_OVER_CAPACITY");
  }

  @Test
  void servesTheOldestWaiterWhenRoomIsFree() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n1"), false, 0);
    var first = only(Decision.Offer.class);
    table.submit(waiting("n2", 5_000), false, 0);
    table.submit(waiting("n3", 5_000), false, 0);
    assertThat(table.decisions()).isEmpty();

    report(first, "a");
    assertThat(offers()).containsExactly("n2");
  }

  @Test
  void servesWhoWaitedForItsHomeBeforeWhoCameLater() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n1"), false, 0);
    var first = only(Decision.Offer.class);
    table.submit(waiting("later", 5_000), false, 900);
    table.submit(waiting("asked-again", 5_000).within(59_000), false, 1_000);

    report(first, "a");
    assertThat(offers()).containsExactly("asked-again");
  }

  @Test
  void failsAWaiterWithItsReasonWhenItsPatienceEnds() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n1"), false, 0);
    table.submit(waiting("n2", 500), false, 0);
    table.decisions();

    table.tick(499);
    assertThat(table.decisions()).isEmpty();
    table.tick(520);
    assertThat(only(Decision.Finish.class).result().error()).isEqualTo("EXECUTOR_OVER_CAPACITY");
  }

  @Test
  void holdsAnOrganizationToItsQuota() {
    table.routeUp(route("a", 10), 0);
    for (int i = 0; i < 3; i++) table.submit(dispatch("n" + i), false, 0);
    table.decisions();
    table.submit(dispatch("n3"), false, 0);

    assertThat(only(Decision.Finish.class).result().error()).isEqualTo("ORG_QUOTA_EXCEEDED");
  }

  @Test
  void refusesWhatNobodyConnectedCouldEverTake() {
    table.routeUp(route("a", 1, "east"), 0);
    var west = dispatch(Routes.ORG, "n", Routes.tagged("west"), EffectClass.AT_MOST_ONCE, 0);

    assertThat(table.refusal(west, false)).contains(ErrorCode.NO_AGENT_AVAILABLE);
    assertThat(table.refusal(dispatch("n"), false)).isEmpty();
  }

  @Test
  void timesOutAtTheDeadlineAndCancelsTheHolder() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), false, 0);
    var offer = only(Decision.Offer.class);
    table.tick(60_000);

    var decided = table.decisions();
    assertThat(decided).hasSize(2);
    assertThat(decided.get(0)).isInstanceOf(Decision.Cancel.class);
    assertThat(((Decision.Finish) decided.get(1)).result().error())
        .isEqualTo("NODE_EXECUTION_TIMEOUT");
    assertThat(report(offer, "a")).isEqualTo(Verdict.OVERRULED);
    table.settled(offer.dispatch().requestId(), null, 60_000);
    assertThat(report(offer, "a")).isEqualTo(Verdict.UNWANTED);
  }

  @Test
  void offersElsewhereUnderANewEpochWhenTheRouteWasWrong() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), false, 0);
    var offer = only(Decision.Offer.class);
    table.routeUp(route("b", 1), 0);
    table.offerAnswered(id(offer), 1, new NotHere(), 1);

    var again = only(Decision.Offer.class);
    assertThat(again.route().executorId()).isEqualTo("b");
    assertThat(again.epoch()).isEqualTo(2);
  }

  @Test
  void triesAFullSocketAgainALittleLater() {
    table.routeUp(route("a", 1), 0);
    table.submit(waiting("n", 5_000), false, 0);
    var offer = only(Decision.Offer.class);
    table.offerAnswered(id(offer), 1, new Full(), 1);
    assertThat(table.decisions()).isEmpty();

    table.tick(100);
    assertThat(only(Decision.Offer.class).epoch()).isEqualTo(2);
  }

  @Test
  void letsOneDispatchOfARunWorkInItsFilesAtATime() {
    table.routeUp(route("a", 3), 0);
    table.submit(inFiles("n1", 0), false, 0);
    only(Decision.LoadWorkspace.class);
    table.submit(inFiles("n2", 0), false, 0);
    var locked = only(Decision.Finish.class);
    assertThat(locked.result().error()).isEqualTo("WORKSPACE_LOCKED");
    table.settled(locked.dispatch().requestId(), null, 0);
    table.submit(inFiles("n3", 5_000), false, 0);

    var head = new WorkspaceHead(workspaceId(), 4, "key", null);
    table.workspaceLoaded(Routes.ORG + "/" + run(), head, 1);
    var offer = only(Decision.Offer.class);
    assertThat(offer.workspace()).isEqualTo(head);
    var uploaded =
        "{\"workspaceId\":\"%s\",\"version\":5,\"objectKey\":\"key5\"}".formatted(workspaceId());
    table.report(
        id(offer), 1, "a", new DispatchResult(OK.status(), null, null, RawJson.of(uploaded)), 2);
    var finish = only(Decision.Finish.class);
    assertThat(finish.files().version()).isEqualTo(5);
    table.settled(id(offer), finish.files(), 3);

    assertThat(only(Decision.Offer.class).workspace().version()).isEqualTo(5);
  }

  @Test
  void refusesFilesThatAreNotTheSuccessorOfWhatWasGiven() {
    table.routeUp(route("a", 3), 0);
    table.submit(inFiles("n1", 0), false, 0);
    table.decisions();
    table.workspaceLoaded(
        Routes.ORG + "/" + run(), new WorkspaceHead(workspaceId(), 4, "key", null), 1);
    var offer = only(Decision.Offer.class);
    var skipped =
        "{\"workspaceId\":\"%s\",\"version\":7,\"objectKey\":\"key7\"}".formatted(workspaceId());
    table.report(
        id(offer), 1, "a", new DispatchResult(OK.status(), null, null, RawJson.of(skipped)), 2);

    assertThat(only(Decision.Finish.class).files()).isNull();
  }

  @Test
  void whoWorksInFilesAlreadyHasThemThoughAnotherOneArrivedFirst() {
    table.routeUp(route("a", 3), 0);
    table.handover().resume(new Moving(inFiles("n2", 50_000), false, 0, 60_000, null, false), 0);
    only(Decision.LoadWorkspace.class);
    var begun = new Holder("a", "boot", 0);
    table.handover().resume(new Moving(inFiles("n1", 0), false, 3, 60_000, begun, true), 0);

    table.workspaceLoaded(
        Routes.ORG + "/" + run(), new WorkspaceHead(workspaceId(), 4, "key", null), 1);
    assertThat(allOf(Decision.Offer.class)).isEmpty();
    table.report(inFiles("n1", 0).requestId(), 3, "a", OK, 2);
    table.settled(only(Decision.Finish.class).dispatch().requestId(), null, 3);

    // What was loaded before may be old by now.
    only(Decision.LoadWorkspace.class);
    table.workspaceLoaded(
        Routes.ORG + "/" + run(), new WorkspaceHead(workspaceId(), 5, "key5", null), 4);
    assertThat(only(Decision.Offer.class).workspace().version()).isEqualTo(5);
  }

  @Test
  void servesOrganizationsInTurnWhenOneFloods() {
    table.routeUp(Routes.managed("m", 1), 0);
    table.submit(managed(Routes.ORG, "flood0"), false, 0);
    var running = only(Decision.Offer.class);
    for (int i = 1; i < 50; i++) table.submit(managed(Routes.ORG, "flood" + i), false, 0);
    table.submit(managed(Routes.OTHER_ORG, "small"), false, 0);
    var served = new ArrayList<String>();
    for (int i = 0; i < 2; i++) {
      report(running, "m");
      running = allOf(Decision.Offer.class).getFirst();
      served.add(node(running));
    }

    assertThat(served).contains("small");
  }

  private static Dispatch managed(String org, String node) {
    return dispatch(org, node, Routes.managedPool(), EffectClass.AT_MOST_ONCE, 60_000);
  }

  private static Dispatch waiting(String node, int maxWaitMs) {
    return dispatch(Routes.ORG, node, Selector.byon(), EffectClass.AT_MOST_ONCE, maxWaitMs);
  }

  private static Dispatch inFiles(String node, int maxWaitMs) {
    var d = waiting(node, maxWaitMs);
    return new Dispatch(
        d.requestId(),
        d.organizationId(),
        d.userId(),
        d.kind(),
        d.payload(),
        null,
        null,
        d.selector(),
        d.timeoutMs(),
        maxWaitMs,
        d.effect(),
        null,
        WorkspaceUse.RUN);
  }

  private static String run() {
    return dispatch("n").requestId().substring(0, 36);
  }

  private static String workspaceId() {
    return Workspaces.idOf(Routes.ORG, run());
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
    return allOf(Decision.Offer.class).stream().map(DispatchTableTest::node).toList();
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
