package ai.vespid.gateway.dispatch;

import static ai.vespid.gateway.dispatch.Routes.dispatch;
import static ai.vespid.gateway.dispatch.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.StagedSurroundings;
import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What a home answers to what edges tell of agents while it does not know everything itself. */
class ReportsTest {
  private static final long GRACE_MS = 10_000;
  private static final DispatchResult OK = DispatchResult.succeeded(RawJson.NULL);
  private static final String ID = dispatch("n").requestId();

  private final StagedClaims claims = new StagedClaims();
  private Future<Void> settled = Future.succeededFuture();
  private final DispatchTable table =
      new DispatchTable(
          new DispatchTable.Rules(1_000, 100, 3, GRACE_MS, 3), new ExecutorDirectory());

  @Test
  void callsNothingUnwantedThatAnEdgeOutOfSightReports() {
    var here = new StagedSurroundings("me", "seen");
    var reports = reports(here);

    assertThat(reports.decide(report("seen")).result()).isInstanceOf(Report.Unwanted.class);
    assertThat(Fault.of(reports.decide(report("unseen")).cause()).code())
        .isEqualTo(Fault.Code.UNAVAILABLE);
  }

  @Test
  void saysToAllHomesThatAnAgentHasBegunWhatIsNotKnownHere() {
    var here = new StagedSurroundings("me", "seen");
    var reports = reports(here);
    var has = List.of(new Held(ID, 7));

    reports.reconcile(
        new Reconcile(
            "byon:" + Routes.ORG, Routes.ORG, "a", "c2", 1, "boot", has, List.of(), "seen"));

    assertThat(claims.attempts).as("no other home may follow it").containsEntry(ID, 8);
  }

  /** Seed 56777: its row was read, and what was queued was given to somebody meanwhile. */
  @Test
  void saysNothingToAHelloAboutWhatItBeganToGiveAwayWhileTheRowWasRead() {
    queued(0);
    var rows = Promise.<Void>promise();
    var reports = reports(new StagedSurroundings("me", "seen"), rows::future);
    var has = List.of(new Held(ID, 1));

    var answer =
        reports.reconcile(
            new Reconcile(
                "byon:" + Routes.ORG, Routes.ORG, "a", "c2", 1, "boot", has, List.of(), "seen"));
    table.routeUp(route("b", 3), 10);
    rows.complete();

    assertThat(Fault.of(answer.cause()).code()).isEqualTo(Fault.Code.UNAVAILABLE);
  }

  @Test
  void saysNothingToAReportOfWhatItBeganToGiveAwayWhileTheRowWasRead() {
    queued(0);
    var rows = Promise.<Void>promise();
    var reports = reports(new StagedSurroundings("me", "seen"), rows::future);

    var answer = reports.decide(report("seen"));
    table.routeUp(route("b", 3), 10);
    rows.complete();

    assertThat(Fault.of(answer.cause()).code()).isEqualTo(Fault.Code.UNAVAILABLE);
  }

  @Test
  void whatIsReportedAgainWhileItIsReadIsNotReadOnceMore() {
    var rows = Promise.<Void>promise();
    var reports = reports(new StagedSurroundings("me", "seen"), rows::future);

    var first = reports.decide(report("seen"));
    assertThat(reports.decide(report("seen"))).isSameAs(first);
    rows.complete();

    assertThat(first.result()).isInstanceOf(Report.Unwanted.class);
    assertThat(reports.decide(report("seen"))).as("judged anew").isNotSameAs(first);
  }

  /** Seed 673688: its agent was told to forget it, and the home died before it had stored why. */
  @Test
  void callsNothingUnwantedBeforeTheResultThatOverrulesItIsStored() {
    table.handover().recover(dispatch("n"), 1, new Holder("a", "boot", 0), 60_000, 0);
    table.tick(GRACE_MS);
    var reports = reports(new StagedSurroundings("me", "seen"));
    var stored = Promise.<Void>promise();
    settled = stored.future();

    var answer = reports.decide(report("seen"));
    assertThat(answer.isComplete()).isFalse();
    stored.complete();

    assertThat(answer.result()).isInstanceOf(Report.Unwanted.class);
  }

  /** Seed 675167: another home had written a later attempt, so it was read again meanwhile. */
  @Test
  void readsTheRowOfWhatWasKnownWhenItsReportCame() {
    queued(2);
    var claimed = Promise.<Void>promise();
    claims.answers = claimed.future();
    var here = new StagedSurroundings("me", "seen");
    var reports =
        reports(
            here,
            () -> {
              table.handover().recover(dispatch("n"), 3, new Holder("b", "boot", 0), 60_000, 20);
              return Future.succeededFuture();
            });

    var answer = reports.decide(report("seen"));
    table.routeUp(route("c", 1), 10);
    table.discard(ID, 3, 10);
    var held = new Holding(ID, 1, Pool.BYON, Routes.ORG, "a", "boot");
    table.handover().orphan(held, 60_000);
    claimed.complete();

    assertThat(answer.result()).isInstanceOf(Report.Unwanted.class);
  }

  private void queued(int epoch) {
    var patient = dispatch(Routes.ORG, "n", Selector.byon(), EffectClass.AT_MOST_ONCE, 60_000);
    table.handover().recover(patient, epoch, null, 60_000, 0);
  }

  private Reports reports(StagedSurroundings here) {
    return reports(here, Future::succeededFuture);
  }

  private Reports reports(StagedSurroundings here, Supplier<Future<Void>> rows) {
    var waiters = new Waiters();
    var lostHomes = new LostHomes(here, table, waiters, () -> {}, GRACE_MS);
    var succession =
        new Succession(
            here,
            0,
            table,
            waiters,
            lostHomes,
            GRACE_MS,
            Future::succeededFuture,
            () -> {},
            () -> {});
    succession.viewChanged(here.sees("me"));
    here.pass(GRACE_MS);
    here.sees("me", "seen");
    return new Reports(
        here,
        table,
        succession,
        lostHomes,
        new Claims(claims, here, "process", 900_000),
        _ -> rows.get(),
        _ -> settled,
        () -> {});
  }

  private static Report report(String edge) {
    return new Report("byon:" + Routes.ORG, Routes.ORG, ID, 1, "a", OK, edge);
  }
}
