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
}
