package ai.vespid.bench.fault;

import static ai.vespid.bench.fault.History.Mode.ASYNC;
import static ai.vespid.bench.fault.History.Mode.SYNC;
import static ai.vespid.protocol.EffectClass.AT_MOST_ONCE;
import static ai.vespid.protocol.EffectClass.RETRY_SAFE;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.bench.fault.History.Event;
import ai.vespid.bench.fault.History.Event.Accepted;
import ai.vespid.bench.fault.History.Event.Began;
import ai.vespid.bench.fault.History.Event.Decided;
import ai.vespid.bench.fault.History.Event.Offered;
import ai.vespid.bench.fault.History.Event.Posted;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The figures that scenarios read out of a history. */
final class MarksTest {
  private static Event decided(long atMs, String id, boolean well) {
    var outcome = well ? Outcome.succeeded(1, "x", 1) : Outcome.failed("E");
    return new Decided(atMs, id, "gw", outcome);
  }

  @Test
  void workHasRecoveredWhenSomethingNewSucceeds() {
    List<Event> events =
        List.of(
            new Posted(90, "old", 1, SYNC, AT_MOST_ONCE),
            new Posted(110, "new", 2, SYNC, AT_MOST_ONCE),
            new Posted(111, "other", 3, ASYNC, AT_MOST_ONCE),
            decided(120, "old", true),
            decided(130, "new", false),
            decided(140, "other", true),
            decided(150, "new", true));

    assertThat(Recovery.of(events, SYNC, 100)).hasValue(50);
    assertThat(Recovery.of(events, ASYNC, 100)).hasValue(40);
    assertThat(Recovery.of(events, SYNC, 120)).isEmpty();
  }

  @Test
  void workIsSteadyWhenNothingNewFails() {
    List<Event> events =
        List.of(
            new Posted(90, "before", 1, SYNC, AT_MOST_ONCE),
            new Posted(110, "fails", 2, SYNC, AT_MOST_ONCE),
            new Posted(130, "unanswered", 3, ASYNC, AT_MOST_ONCE),
            new Posted(150, "new", 4, ASYNC, AT_MOST_ONCE),
            decided(155, "fails", false),
            decided(160, "new", true));

    assertThat(Recovery.steady(events, 100)).isEqualTo(30);
    assertThat(Recovery.steady(events, 120)).isEqualTo(10);
    assertThat(Recovery.steady(events, 140)).isZero();
  }

  @Test
  void theBacklogIsWhatWasAcceptedBeforeAndIsWithNoAgent() {
    List<Event> events =
        List.of(
            new Accepted(1, "a"),
            new Accepted(2, "b"),
            new Offered(3, "a", 1, "agent"),
            new Accepted(4, "later"));

    assertThat(AgentsGone.backlog(events, 4)).isEqualTo(1);
  }

  @Test
  void disorderIsHowMuchYoungerWasServedBefore() {
    List<Event> events =
        List.of(
            new Accepted(10, "a"),
            new Accepted(20, "b"),
            new Accepted(50, "c"),
            new Offered(100, "a", 1, "agent"),
            new Offered(101, "c", 1, "agent"),
            new Offered(102, "b", 1, "agent"));

    assertThat(AgentsGone.disorder(events, 90)).isEqualTo(30);
  }

  @Test
  void safeWorkIsResentWhenItReachesAnAgent() {
    List<Event> events =
        List.of(
            new Posted(10, "a", 1, ASYNC, RETRY_SAFE),
            new Posted(10, "once", 2, ASYNC, AT_MOST_ONCE),
            new Posted(20, "b", 3, ASYNC, RETRY_SAFE),
            new Offered(30, "b", 1, "agent"),
            new Offered(70, "a", 2, "agent"),
            new Offered(90, "once", 1, "agent"));

    assertThat(HalfOpenAgent.slowest(events, 0, 50)).isEqualTo(new HalfOpenAgent.Way("a", 60));
  }

  @Test
  void theTimeOfSafeWorkBeginsWhenItIsAccepted() {
    List<Event> events =
        List.of(
            new Posted(10, "a", 1, ASYNC, RETRY_SAFE),
            new Accepted(40, "a"),
            new Offered(70, "a", 2, "agent"));

    assertThat(HalfOpenAgent.slowest(events, 0, 50)).isEqualTo(new HalfOpenAgent.Way("a", 30));
  }

  @Test
  void delayIsTheWayToTheAgent() {
    List<Event> events =
        List.of(
            new Posted(10, "a", 1, SYNC, AT_MOST_ONCE),
            new Began(17, "a", "agent", "x"),
            new Posted(60, "b", 1, SYNC, AT_MOST_ONCE),
            new Began(90, "b", "agent", "x"));

    assertThat(HostilePeer.delay(events, 0, 50)).isEqualTo(7);
  }
}
