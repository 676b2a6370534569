package ai.vespid.gateway.dispatch;

import static ai.vespid.gateway.dispatch.Routes.dispatch;
import static ai.vespid.gateway.dispatch.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.ExecutorEdge.Offer.Accepted;
import ai.vespid.protocol.bus.Route;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** An executor whose gateway leaves: it is given work until it has moved, and waited for while. */
class MovingExecutorTest {
  private static final long GRACE_MS = 10_000;

  private final ExecutorDirectory directory = new ExecutorDirectory();
  private final DispatchTable table =
      new DispatchTable(new DispatchTable.Rules(1_000, 100, 50, GRACE_MS, 3), directory);

  @Test
  void isGivenWorkWhileItHasNotMovedButAfterAllOthers() {
    table.routeUp(on("a", "a-1", "boot", 1).toLeave(), 0);
    table.routeUp(route("b", 1), 0);

    table.submit(dispatch("n1"), false, 0);
    table.submit(dispatch("n2"), false, 0);

    assertThat(offers()).extracting(o -> o.route().executorId()).containsExactly("b", "a");
  }

  @Test
  void isWaitedForBetweenItsHelloAndTheNewsThatItIsOpen() {
    table.routeUp(on("a", "a-1", "boot", 1).toLeave(), 0);
    hello("a-2", 2);

    table.submit(dispatch("n"), false, 10);
    assertThat(table.decisions()).isEmpty();
    table.routeUp(on("a", "a-2", "boot", 2), 500);

    assertThat(offers()).extracting(o -> o.route().connectionId()).containsExactly("a-2");
  }

  @Test
  void isWaitedForWhenItsConnectionEndsBeforeTheNextOneIsTold() {
    table.routeUp(on("a", "a-1", "boot", 1).toLeave(), 0);
    table.routeDown("a", "a-1", 5);

    assertThat(table.refusal(dispatch("n"), false)).isEmpty();
    table.submit(dispatch("n"), false, 10);
    table.routeUp(on("a", "a-2", "boot", 2), 500);

    assertThat(offers()).hasSize(1);
  }

  @Test
  void isNotWaitedForWhenItsGatewayDidNotAskItToGo() {
    table.routeUp(on("a", "a-1", "boot", 1), 0);
    table.routeDown("a", "a-1", 5);

    assertThat(table.refusal(dispatch("n"), false)).contains(ErrorCode.NO_AGENT_AVAILABLE);
  }

  @Test
  void isGoneWhenItDoesNotCome() {
    table.routeUp(on("a", "a-1", "boot", 1).toLeave(), 0);
    table.routeDown("a", "a-1", 0);
    table.submit(dispatch("n"), false, 0);

    table.tick(GRACE_MS + DispatchTable.TICK_MS);

    var end = (Decision.Finish) table.decisions().getFirst();
    assertThat(end.result().error()).isEqualTo("EXECUTOR_OVER_CAPACITY");
    assertThat(table.refusal(dispatch("m"), false)).contains(ErrorCode.NO_AGENT_AVAILABLE);
  }

  @Test
  void isNotUsedWhereItWasWhenThatIsToldLate() {
    table.routeUp(on("a", "a-1", "boot", 1), 0);
    hello("a-2", 2);

    table.routeUp(on("a", "a-1", "boot", 1).toLeave(), 20);
    table.submit(dispatch("n"), false, 30);

    assertThat(table.decisions()).isEmpty();
  }

  @Test
  void isGivenAgainWhatWasWrittenToTheConnectionItHadLeft() {
    // Its hello was heard by another home.
    table.routeUp(on("a", "a-1", "boot", 1).toLeave(), 0);
    table.submit(dispatch("n"), false, 0);
    var first = offers().getFirst();
    table.offerAnswered(first.dispatch().requestId(), first.epoch(), new Accepted(), 5);

    table.routeUp(on("a", "a-2", "boot", 2), 10);

    var again = offers().getFirst();
    assertThat(again.route().connectionId()).isEqualTo("a-2");
    assertThat(again.again()).isTrue();
    assertThat(again.epoch()).isEqualTo(first.epoch());
  }

  @Test
  void takesNothingMoreAndIsWaitedForWhenItIsOfTheOriginal() {
    table.routeUp(on("a", "a-1", null, 1).toLeave(), 0);

    table.submit(dispatch("n"), false, 0);
    assertThat(table.decisions()).isEmpty();
    table.routeDown("a", "a-1", 250);
    table.routeUp(on("a", "a-2", null, 2), 1_500);

    assertThat(offers()).extracting(o -> o.route().connectionId()).containsExactly("a-2");
  }

  private void hello(String connectionId, long connectedAtMs) {
    table.reconcile(
        new Reconcile(
            "k", Routes.ORG, "a", connectionId, connectedAtMs, "boot", List.of(), List.of(), "gw"),
        5);
  }

  private List<Decision.Offer> offers() {
    return table.decisions().stream().map(Decision.Offer.class::cast).toList();
  }

  private static Route on(String executorId, String connection, String bootId, long connectedAtMs) {
    return new Route(
        executorId,
        connection,
        "gw-1",
        0,
        Pool.BYON,
        Routes.ORG,
        executorId,
        Set.of(),
        List.of(),
        1,
        Set.of(Kind.values()),
        null,
        Map.of(),
        bootId,
        connectedAtMs,
        connectedAtMs,
        false,
        false);
  }
}
