package ai.vespid.gateway.dispatch;

import static ai.vespid.gateway.dispatch.Routes.dispatch;
import static ai.vespid.gateway.dispatch.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.StagedSurroundings;
import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter.Moving;
import ai.vespid.protocol.bus.ExecutorEdge.Offer;
import ai.vespid.protocol.bus.ExecutorEdge.Withdraw;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.SessionRegistry;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OffersTest {
  private static final String ID = dispatch("n").requestId();
  private static final long OFFER_MAX_MS = 5_000;
  private static final long REPEAT_MS = 250;

  private final StagedSurroundings here = new StagedSurroundings("me", "gw-1");
  private final ExecutorDirectory directory = new ExecutorDirectory();
  private final DispatchTable table =
      new DispatchTable(new DispatchTable.Rules(1_000, 100, 3, 10_000, 5), directory);
  private final StagedClaims claims = new StagedClaims();
  private final List<Dispatch> elsewhere = new ArrayList<>();
  private final Offers offers =
      new Offers(
          here,
          false,
          new WorkspaceAccessSigner("http://gateway", "a secret"),
          Duration.ofMillis(OFFER_MAX_MS),
          table,
          new Claims(claims, here, "process", 900_000),
          elsewhere::add,
          _ -> Future.succeededFuture(),
          this::carryOut);

  private void carryOut() {
    for (var decision : table.decisions()) {
      if (decision instanceof Decision.Offer offer) offers.make(offer);
      else if (decision instanceof Decision.Withdraw attempt) offers.withdraw(attempt);
    }
  }

  private Offer submitted() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), false, 0);
    carryOut();
    return (Offer) here.asked.getLast().request();
  }

  private void denied() {
    here.next(Offer.class).answer().complete(new Offer.NotHere());
  }

  private void notDecided() {
    here.next(ResultStore.Get.class).answer().complete(new ResultStore.Get.NotReady());
  }

  @Test
  void asksNobodyAboutAFirstAttempt() {
    assertThat(submitted().epoch()).isEqualTo(1);
    assertThat(here.asked).hasSize(1);
    assertThat(claims.attempts).isEmpty();
  }

  @Test
  void saysThatItGoesOnBeforeItOffersAgainWhatWasNeverBegun() {
    submitted();
    table.routeUp(route("b", 1), 0);

    denied();
    assertThat(here.asked).noneMatch(one -> one.request() instanceof Offer);
    notDecided();

    assertThat(claims.attempts).containsEntry(ID, 2);
    assertThat(((Offer) here.next(Offer.class).request()).executorId()).isEqualTo("b");
  }

  @Test
  void leavesWhatAnotherHomeGoesOnWithToThatOne() {
    submitted();
    table.routeUp(route("b", 1), 0);
    claims.attempts.put(ID, 7);

    denied();
    notDecided();

    assertThat(here.asked).noneMatch(one -> one.request() instanceof Offer);
    assertThat(elsewhere).containsExactly(dispatch("n"));
    assertThat(table.find(ID)).isEmpty();
    assertThat(directory.heldBy("b")).isEmpty();
  }

  @Test
  void concludesNothingFromADenialOfWhatMayHaveArrivedBefore() {
    submitted();
    here.pass(OFFER_MAX_MS);
    here.pass(REPEAT_MS);
    here.asked.removeFirst();
    table.routeUp(route("b", 1), 0);

    denied();

    assertThat(here.asked).isEmpty();
    assertThat(table.find(ID))
        .hasValueSatisfying(entry -> assertThat(entry.executorId()).isEqualTo("a"));
  }

  @Test
  void looksWhetherAnotherHomeDecidedWhatWasRefusedWhileThisOneWasOutOfSight() {
    submitted();
    here.next(Offer.class).answer().fail(new Fault(Fault.Code.NOT_HOME, "not seen here"));
    here.pass(REPEAT_MS);
    assertThat(here.asked).noneMatch(one -> one.request() instanceof Offer);

    var decided = DispatchResult.succeeded(RawJson.of("1"));
    here.next(ResultStore.Get.class).answer().complete(new ResultStore.Get.Found(ID, decided));

    assertThat(here.asked).noneMatch(one -> one.request() instanceof Offer);
    assertThat(directory.heldBy("a")).isEmpty();
  }

  @Test
  void looksAgainForARouteThatWasDenied() {
    submitted();
    denied();
    assertThat(directory.route("a")).isEmpty();

    here.pass(DeniedRoutes.UNREACHED_MS);
    here.next(SessionRegistry.Routes.class)
        .answer()
        .complete(new SessionRegistry.RouteList(List.of(route("a", 1))));

    assertThat(directory.route("a")).contains(route("a", 1));
  }

  @Test
  void asksBackWhatAnotherHomeOffered() {
    table.routeUp(route("a", 1), 0);
    table
        .handover()
        .resume(new Moving(dispatch("n"), false, 3, 60_000, new Holder("a", "boot", 0), false), 0);
    carryOut();
    notDecided();

    here.next(Withdraw.class).answer().complete(new Offer.Full());
    notDecided();

    assertThat(((Offer) here.next(Offer.class).request()).epoch()).isEqualTo(4);
    assertThat(claims.attempts).containsEntry(ID, 4);
  }
}
