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
import ai.vespid.bench.fault.History.Event.Left;
import ai.vespid.bench.fault.History.Event.Misanswered;
import ai.vespid.bench.fault.History.Event.Missing;
import ai.vespid.bench.fault.History.Event.Offered;
import ai.vespid.bench.fault.History.Event.Posted;
import ai.vespid.bench.fault.History.Event.Probed;
import ai.vespid.bench.fault.History.Event.Unanswered;
import ai.vespid.bench.fault.Violation.Rule;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class HistoryCheckerTest {
  private static final Event POSTED = new Posted(1, "a", 7, ASYNC, AT_MOST_ONCE);
  private static final Event SAFE_POSTED = new Posted(1, "a", 7, ASYNC, RETRY_SAFE);
  private static final Event SYNC_POSTED = new Posted(1, "a", 7, SYNC, AT_MOST_ONCE);
  private static final Event ACCEPTED = new Accepted(2, "a");
  private static final Event OFFERED = new Offered(3, "a", 1, "agent-1");
  private static final Event BEGAN = new Began(3, "a", "agent-1", "x1");
  private static final Event DECIDED = decided(Outcome.succeeded(7, "x1", 1));

  private static Event decided(Outcome outcome) {
    return new Decided(5, "a", "gw-1", outcome);
  }

  private static List<Rule> rules(Event... events) {
    return HistoryChecker.check(List.of(events), Tolerance.NONE).stream()
        .map(Violation::rule)
        .toList();
  }

  private static Arguments history(String what, Event... events) {
    return Arguments.of(what, List.of(events));
  }

  static Stream<Arguments> mayHappen() {
    return Stream.of(
        history("nothing"),
        history("a run", POSTED, ACCEPTED, OFFERED, BEGAN, DECIDED, DECIDED),
        history("a caller that never heard it was accepted", POSTED, OFFERED, BEGAN, DECIDED),
        history("a synchronous run", SYNC_POSTED, OFFERED, BEGAN, DECIDED),
        history("one frame twice", POSTED, ACCEPTED, OFFERED, OFFERED, BEGAN, DECIDED),
        history(
            "safe work that ran twice",
            SAFE_POSTED,
            ACCEPTED,
            OFFERED,
            BEGAN,
            new Offered(4, "a", 2, "agent-2"),
            new Began(4, "a", "agent-2", "x2"),
            decided(Outcome.succeeded(7, "x2", 2))),
        history(
            "a later attempt that took over the run that was there",
            POSTED,
            ACCEPTED,
            OFFERED,
            BEGAN,
            new Offered(4, "a", 2, "agent-1"),
            decided(Outcome.succeeded(7, "x1", 2))),
        history(
            "synchronous work that began anew at epoch 1 after a crash",
            new Posted(1, "a", 7, SYNC, RETRY_SAFE),
            new Offered(3, "a", 2, "agent-2"),
            new Began(3, "a", "agent-2", "x2"),
            OFFERED,
            BEGAN,
            DECIDED),
        history("free room", new Probed(9, 60, 60, true)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void mayHappen(String what, List<Event> events) {
    assertThat(HistoryChecker.check(events, Tolerance.NONE)).as(what).isEmpty();
  }

  @Test
  void anAcceptedDispatchIsDecided() {
    assertThat(rules(POSTED, ACCEPTED, OFFERED, BEGAN)).containsExactly(Rule.ONE_RESULT);
  }

  @Test
  void everyGatewayHasTheResultOfAnAcceptedDispatch() {
    assertThat(rules(POSTED, ACCEPTED, OFFERED, BEGAN, DECIDED, new Missing(6, "a", "gw-2")))
        .containsExactly(Rule.ONE_RESULT);
  }

  @Test
  void nobodySeesTwoResults() {
    var other = decided(Outcome.failed("AGENT_DISCONNECTED"));
    var events = List.of(POSTED, ACCEPTED, OFFERED, BEGAN, DECIDED, other);

    assertThat(HistoryChecker.check(events, Tolerance.LOST_AGENT))
        .extracting(Violation::rule)
        .containsExactly(Rule.ONE_RESULT);
  }

  @Test
  void aResultAnswersItsOwnDispatch() {
    assertThat(rules(POSTED, OFFERED, BEGAN, decided(Outcome.succeeded(8, "x1", 1))))
        .containsExactly(Rule.ONE_RESULT);
  }

  @Test
  void aResultOfAnAttemptThatWasGivenUpIsNotStored() {
    assertThat(rules(SAFE_POSTED, OFFERED, BEGAN, new Offered(4, "a", 2, "agent-2"), DECIDED))
        .containsExactly(Rule.NO_STALE_EPOCH);
  }

  @Test
  void anAttemptBelongsToOneAgent() {
    assertThat(rules(SAFE_POSTED, OFFERED, BEGAN, new Offered(4, "a", 1, "agent-2"), DECIDED))
        .containsExactly(Rule.NO_STALE_EPOCH);
  }

  @Test
  void whatMayRunOnceRunsOnce() {
    assertThat(rules(POSTED, OFFERED, BEGAN, new Began(4, "a", "agent-1", "x2"), DECIDED))
        .containsExactly(Rule.RUNS);
    assertThat(rules(SYNC_POSTED, OFFERED, BEGAN, new Began(4, "a", "agent-2", "x2"), DECIDED))
        .containsExactly(Rule.RUNS);
  }

  @Test
  void whatSucceededRan() {
    assertThat(rules(SAFE_POSTED, ACCEPTED, DECIDED)).containsExactly(Rule.RUNS);
  }

  @Test
  void nothingRunsThatNobodyAskedFor() {
    assertThat(rules(OFFERED, BEGAN)).containsExactly(Rule.RUNS);
  }

  @Test
  void aFailureHasACause() {
    var failed = decided(Outcome.failed("AGENT_DISCONNECTED"));
    var events = List.of(POSTED, OFFERED, BEGAN, failed);

    assertThat(rules(POSTED, OFFERED, BEGAN, failed)).containsExactly(Rule.CAUSE);
    assertThat(HistoryChecker.check(events, Tolerance.LOST_AGENT)).isEmpty();
    assertThat(HistoryChecker.check(events, Tolerance.LOST_MEMORY)).hasSize(1);
    assertThat(HistoryChecker.check(List.of(SAFE_POSTED, failed), Tolerance.LOST_AGENT)).hasSize(1);
  }

  @Test
  void everybodyIsAnswered() {
    assertThat(rules(SYNC_POSTED, new Unanswered(9, "a", "connection refused")))
        .containsExactly(Rule.ANSWERED);
    assertThat(rules(SYNC_POSTED, new Misanswered(9, "a", "500 INTERNAL_ERROR")))
        .containsExactly(Rule.ANSWERED);
  }

  @Test
  void allRoomIsFreeInTheEnd() {
    assertThat(rules(new Probed(9, 60, 59, true))).containsExactly(Rule.ROOM);
    assertThat(rules(new Probed(9, 60, 60, false))).containsExactly(Rule.ROOM);
    assertThat(rules(POSTED, OFFERED, BEGAN, DECIDED, new Left(9, "agent-1", "a")))
        .containsExactly(Rule.ROOM);
  }
}
