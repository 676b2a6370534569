package ai.vespid.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.edge.InFlight.Assignment;
import org.junit.jupiter.api.Test;

class InFlightTest {
  private final InFlight inFlight = new InFlight();

  @Test
  void knowsAnAttemptThatIsOverAndNotTheNext() {
    var assignment = new Assignment("n", 2, "org");
    inFlight.add(assignment);
    assertThat(inFlight.knows("n", 1)).as("overtaken").isTrue();

    inFlight.remove(assignment);

    assertThat(inFlight.knows("n", 2)).as("the same offer comes again").isTrue();
    assertThat(inFlight.knows("n", 3)).isFalse();
    assertThat(inFlight.all()).isEmpty();
  }

  @Test
  void refusesAnAttemptForEverThatItRefusedOnce() {
    inFlight.add(new Assignment("other", 1, "org"));
    assertThat(inFlight.admits("n", 2, 1)).as("full").isFalse();
    inFlight.end("other", 1);

    assertThat(inFlight.admits("n", 2, 1)).as("its home has gone on").isFalse();
    assertThat(inFlight.admits("n", 1, 1)).as("an earlier one that is late").isFalse();
    assertThat(inFlight.admits("n", 3, 1)).isTrue();
  }

  @Test
  void givesUpOnlyWhatItNeverHad() {
    inFlight.add(new Assignment("held", 2, "org"));
    assertThat(inFlight.withdraw("held", 2)).isFalse();

    assertThat(inFlight.withdraw("n", 2)).isTrue();
    assertThat(inFlight.admits("n", 2, 10)).as("the offer comes after all").isFalse();
  }

  @Test
  void doubtsWhoIsSilentAndWaitsLongerForWhoTalks() {
    var offered = new Assignment("n", 1, "org");
    inFlight.add(offered);
    inFlight.awaitAck("n", 100);

    assertThat(inFlight.doubtful(1_000, 0, 1_100)).as("not owed for long enough").isEmpty();
    assertThat(inFlight.doubtful(1_000, 500, 1_101)).as("it said something since").isEmpty();
    assertThat(inFlight.doubtful(1_000, 100, 1_101)).containsExactly(offered);
    assertThat(inFlight.doubtful(1_000, 100, 1_102)).as("once").isEmpty();
  }

  @Test
  void doubtsWhoTalksAndNeverAcknowledges() {
    var offered = new Assignment("n", 1, "org");
    inFlight.add(offered);
    inFlight.awaitAck("n", 100);

    assertThat(inFlight.doubtful(1_000, 3_000, 3_100)).isEmpty();
    assertThat(inFlight.doubtful(1_000, 3_000, 3_101)).containsExactly(offered);
  }
}
