package ai.vespid.bench;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class OpenFilesTest {
  private static final String LIMITS =
      """
      Limit                     Soft Limit           Hard Limit           Units
      Max open files            1024                 20000                files
      """;
  private static final String PORTS = "32768\t60999\n";

  @Test
  void takesWhatTheHardLimitAllows() {
    assertThatCode(() -> OpenFiles.check(19_000, LIMITS, PORTS)).doesNotThrowAnyException();
    assertThatCode(() -> OpenFiles.check(25_000, LIMITS.replace("20000", "unlimited"), PORTS))
        .doesNotThrowAnyException();
  }

  @Test
  void saysWhichLimitIsTooLowAndHowToRaiseIt() {
    assertThatThrownBy(() -> OpenFiles.check(19_900, LIMITS, PORTS))
        .hasMessageContaining("20,700 file descriptors and 20,000 are allowed")
        .hasMessageContaining("ulimit -Hn");
    assertThatThrownBy(() -> OpenFiles.check(10_000, LIMITS, "50000 59999"))
        .hasMessageContaining("net.ipv4.ip_local_port_range");
  }
}
