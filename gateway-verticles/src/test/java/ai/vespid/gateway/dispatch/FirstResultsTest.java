package ai.vespid.gateway.dispatch;

import static ai.vespid.gateway.dispatch.Routes.ORG;
import static ai.vespid.gateway.dispatch.Routes.dispatch;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.StagedSurroundings;
import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.ResultStore.Decide;
import org.junit.jupiter.api.Test;

/** The result store of the node answers when the test says so. */
class FirstResultsTest {
  private static final String ID = dispatch("n").requestId();
  private static final DispatchResult OURS = DispatchResult.succeeded(RawJson.of("1"));
  private static final DispatchResult THEIRS = DispatchResult.succeeded(RawJson.of("2"));

  private final StagedSurroundings here = new StagedSurroundings("me", "other");
  private final FirstResults results = new FirstResults(here);

  /**
   * Four safe dispatches had two results: their home stood still for 19 s after it had asked, and
   * told its own when it went on, because no answer had come in time.
   */
  @Test
  void tellsNothingBeforeItKnowsWhatStands() {
    var stands = results.decide(ID, ORG, OURS);
    here.next(Decide.class);

    here.pass(19_000);
    assertThat(stands.isComplete()).isFalse();
    here.pass(100);
    here.next(Decide.class).answer().complete(new Decide.Stands(THEIRS));

    assertThat(stands.result()).isEqualTo(THEIRS);
  }

  @Test
  void asksUntilTheStoreIsThere() {
    var stands = results.decide(ID, ORG, OURS);

    for (int i = 0; i < 3; i++) {
      here.next(Decide.class).answer().fail(new Fault(Fault.Code.UNAVAILABLE, "it restarts"));
      here.pass(100);
    }
    here.next(Decide.class).answer().complete(new Decide.Stands(OURS));

    assertThat(stands.result()).isEqualTo(OURS);
  }
}
