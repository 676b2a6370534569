package ai.vespid.agent.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vespid.agent.operation.StartPages.Range;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class StartPagesTest {
  private static final Path STATUS = Path.of("/proc/self/status");

  @Test
  void onlyWhatStaysAsItsFileHasItIsGivenBack() {
    var maps =
        """
        800001000-800d44000 rw-p 00001000 fe:00 21 /opt/agent.aot
        800d44000-8021f1000 r--p 00d44000 fe:00 21 /opt/agent.aot
        7f61c0400000-7f61c0670000 rwxp 00000000 00:00 0
        7f61c3a00000-7f61c3ce3000 r--p 00000000 fe:00 22 /opt/runtime/lib/server/libjvm.so
        7f61c3ce3000-7f61c4d6f000 r-xp 002e3000 fe:00 22 /opt/runtime/lib/server/libjvm.so
        7f61c516b000-7f61c5196000 rw-p 01769000 fe:00 22 /opt/runtime/lib/server/libjvm.so
        7f61c527a000-7f61c53d0000 r-xp 00026000 fe:00 23 /usr/lib/x86_64-linux-gnu/libc.so.6
        """;

    assertThat(StartPages.unchanging(maps.lines()))
        .containsExactly(
            new Range(0x800d44000L, 0x8021f1000L), new Range(0x7f61c3ce3000L, 0x7f61c4d6f000L));
  }

  @Test
  void codeThatNobodyRunsIsGivenBackAndTheRestGoesOn() throws IOException {
    assumeTrue(Files.exists(STATUS), "memory is given back on Linux alone");
    long before = ofFiles();

    new StartPages().release();

    assertThat(ofFiles()).isLessThan(before - 2_000_000);
    assertThat("what was code is code".split(" ")).hasSize(5);
  }

  private static long ofFiles() throws IOException {
    var line =
        Files.readAllLines(STATUS).stream()
            .filter(one -> one.startsWith("RssFile:"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(line.replaceAll("\\D", "")) * 1_024;
  }
}
