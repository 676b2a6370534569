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
}
