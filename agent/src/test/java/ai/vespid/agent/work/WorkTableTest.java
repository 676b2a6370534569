package ai.vespid.agent.work;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.TestGateway;
import ai.vespid.agent.work.WorkTable.Admission;
import ai.vespid.agent.work.WorkTable.Answer;
import ai.vespid.agent.work.WorkTable.Run;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import org.junit.jupiter.api.Test;

class WorkTableTest {
  private final WorkTable table = new WorkTable(2);

  private Admission admit(String id, Integer epoch) {
    var payload = RawJson.of("{}");
    return table.admit(
        TestGateway.invoke(id, epoch, Kind.AGENT_EXECUTE, payload).of(TestGateway.ORGANIZATION));
  }

  private Run start(String id, Integer epoch) {
    return ((Admission.Start) admit(id, epoch)).run();
  }

  @Test
  void runsAsMuchAsItMayLetsAsMuchWaitAndRefusesTheRest() {
    var first = start("request-0a", 1);
    start("request-0b", 1);

    assertThat(admit("request-0c", 1)).isEqualTo(new Admission.Taken());
    assertThat(admit("request-0d", 1)).isEqualTo(new Admission.Taken());
    assertThat(admit("request-0e", 1)).isEqualTo(new Admission.Full());
    assertThat(table.next()).isEmpty();
    table.finish(first);
    assertThat(table.next())
        .hasValueSatisfying(run -> assertThat(run.invoke().requestId()).isEqualTo("request-0c"));
    assertThat(table.next()).isEmpty();
  }

  @Test
  void aLaterEpochTakesOverTheRunThatIsThere() {
    var run = start("request-0a", 1);

    assertThat(admit("request-0a", 3)).isEqualTo(new Admission.Taken());
    assertThat(admit("request-0a", 2)).isEqualTo(new Admission.Outdated());
    assertThat(table.inFlight()).containsExactly(new Held("request-0a", 3));
    assertThat(table.finish(run)).contains(new Answer(3));
  }

  @Test
  void whatIsOverIsNotRunAgainUnderTheSameEpoch() {
    table.finish(start("request-0a", 2));

    assertThat(admit("request-0a", 2)).isEqualTo(new Admission.Outdated());
    assertThat(admit("request-0a", 1)).isEqualTo(new Admission.Outdated());
    assertThat(admit("request-0a", 3)).isInstanceOf(Admission.Start.class);
  }

  @Test
  void withoutEpochsEachInvokeAfterTheEndIsANewOne() {
    table.finish(start("request-0a", null));

    assertThat(admit("request-0a", null)).isInstanceOf(Admission.Start.class);
  }

  @Test
  void aCancelledRunKeepsItsPlaceUntilItIsGone() {
    var run = start("request-0a", 1);
    start("request-0b", 1);

    assertThat(table.cancel("request-0a", 1)).contains(run);
    assertThat(table.inFlight()).containsExactly(new Held("request-0b", 1));
    assertThat(admit("request-0a", 1)).isEqualTo(new Admission.Outdated());
    assertThat(admit("request-0a", 2)).isEqualTo(new Admission.Taken());
    assertThat(table.next()).isEmpty();
    assertThat(table.finish(run)).isEmpty();
    assertThat(table.next()).isPresent();
    assertThat(table.inFlight()).contains(new Held("request-0a", 2));
  }

  @Test
  void aSecondAttemptIsNotStartedWhileTheFirstIsDying() {
    var run = start("request-0a", 1);
    table.cancel("request-0a", 1);

    assertThat(admit("request-0a", 2)).isEqualTo(new Admission.Taken());
    assertThat(table.next()).isEmpty();
    table.finish(run);
    assertThat(table.next()).isPresent();
  }

  @Test
  void cancellingWhatWaitsOrAnEarlierEpochStopsNothing() {
    var run = start("request-0a", 2);
    start("request-0b", 1);
    admit("request-0c", 1);

    assertThat(table.cancel("request-0c", 1)).isEmpty();
    assertThat(table.cancel("request-0a", 1)).isEmpty();
    table.finish(run);
    assertThat(table.next()).isEmpty();
  }

  @Test
  void whatIsAbandonedHasNoResult() {
    var run = start("request-0a", 1);
    start("request-0b", 1);
    admit("request-0c", 1);
    table.abandon();

    assertThat(table.finish(run)).isEmpty();
    assertThat(table.next()).isEmpty();
    assertThat(table.inFlight()).isEmpty();
    assertThat(table.idle()).isFalse();
  }

  @Test
  void anIdThatTheHelloCannotCarryIsRunAllTheSame() {
    start("short", 1);

    assertThat(table.inFlight()).isEmpty();
  }
}
