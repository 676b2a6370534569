package ai.vespid.agent.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
  @TempDir Path folder;

  @Test
  void tellsWhatTheKernelTells() throws IOException {
    var proc = Files.createDirectories(folder.resolve("proc/self/fd")).getParent().getParent();
    Files.writeString(proc.resolve("loadavg"), "0.42 0.30 0.20 1/200 4242\n");
    Files.writeString(proc.resolve("meminfo"), "MemTotal: 1000 kB\nMemAvailable:  400 kB\n");
    Files.writeString(proc.resolve("self/status"), "VmRSS:\t70 kB\n");
    Files.createFile(proc.resolve("self/fd/0"));
    Files.writeString(proc.resolve("stat"), "cpu  100 0 100 700 100 0 0 0 0 0\n");
    var reader = new Machine.Reader(proc, folder.resolve("not/yet/there"));

    var first = reader.read();
    Files.writeString(proc.resolve("stat"), "cpu  125 0 100 775 100 0 0 0 0 0\n");
    var second = reader.read();

    assertThat(first.cpuPercent()).isEqualTo(20.0);
    assertThat(second.cpuPercent()).isEqualTo(25.0);
    assertThat(first.load()).isEqualTo(0.42);
    assertThat(first.memoryTotalBytes()).isEqualTo(1_024_000);
    assertThat(first.memoryAvailableBytes()).isEqualTo(409_600);
    assertThat(first.residentBytes()).isEqualTo(71_680);
    assertThat(first.openFiles()).isOne();
    assertThat(first.diskFreeBytes()).isPositive().isLessThanOrEqualTo(first.diskTotalBytes());
  }

  @Test
  void whatASystemDoesNotTellIsNoReading() {
    var machine = new Machine.Reader(folder.resolve("none"), folder).read();

    assertThat(machine.cpuPercent()).isEqualTo(-1);
    assertThat(machine.load()).isEqualTo(-1);
    assertThat(machine.memoryTotalBytes()).isEqualTo(-1);
    assertThat(machine.openFiles()).isEqualTo(-1);
  }

  @Test
  void itIsThisMachine() {
    var machine = new Machine.Reader(folder).read();

    assertThat(machine.processors()).isPositive();
    assertThat(machine.residentBytes()).isGreaterThan(1 << 20);
    assertThat(machine.memoryAvailableBytes()).isLessThan(machine.memoryTotalBytes());
  }
}
