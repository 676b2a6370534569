package ai.vespid.bench.fault;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.bench.fault.HeldWork.Admission;
import ai.vespid.bench.fault.HeldWork.Run;
import org.junit.jupiter.api.Test;

final class HeldWorkTest {
  private final HeldWork work = new HeldWork();

  private Run begun(int epoch) {
    assertThat(work.admit("a", epoch)).isEqualTo(Admission.BEGIN);
    var run = new Run("a", epoch, "x1", 7);
    work.begin(run);
    return run;
  }

  @Test
  void runsAnIdOnce() {
    var run = begun(1);
    assertThat(work.admit("a", 1)).isEqualTo(Admission.TAKEN);
    assertThat(work.finish(run)).isTrue();

    assertThat(work.admit("a", 1)).isEqualTo(Admission.DONE);
  }

  @Test
  void aLaterAttemptTakesOverWhatIsThere() {
    var run = begun(1);

    assertThat(work.admit("a", 3)).isEqualTo(Admission.TAKEN);
    assertThat(run.epoch()).isEqualTo(3);
    assertThat(work.admit("a", 2)).isEqualTo(Admission.OUTDATED);
  }

  @Test
  void keepsAResultUntilItsOwnAttemptIsAcknowledged() {
    var run = begun(2);
    work.finish(run);
    work.acknowledged("a", 1);
    assertThat(work.finished()).containsExactly(run);

    work.acknowledged("a", 2);
    assertThat(work.ids()).isEmpty();
    assertThat(work.admit("a", 2)).isEqualTo(Admission.OUTDATED);
  }

  @Test
  void whatIsDroppedHasNoResult() {
    var run = begun(1);
    work.drop("a", 1);

    assertThat(work.finish(run)).isFalse();
    assertThat(work.ids()).isEmpty();
    assertThat(work.admit("a", 2)).isEqualTo(Admission.BEGIN);
  }
}
