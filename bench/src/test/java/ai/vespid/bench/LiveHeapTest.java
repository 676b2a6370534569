package ai.vespid.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LiveHeapTest {
  @Test
  void addsUpWhatIsAliveAndNamesTheBiggest() {
    var census =
        LiveHeap.parse(
            """
            42:
             num     #instances         #bytes  class name (module)
            -------------------------------------------------------
               1:         29142        1671880  [B (java.base@25)
               2:         27973         671352  java.lang.String (java.base@25)
            Total         57115        2343232
            """);

    assertThat(census.bytes()).isEqualTo(2_343_232);
    assertThat(census.top()).first().isEqualTo("[B 29142 x, 1671880 B");
  }
}
