package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.bench.fault.FaultCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A short fault run on every build; {@code bench fault} has the long ones. */
@Timeout(value = 180)
final class FaultRunIT {
  /**
   * Those that hold. docs/fault-runs.md says what keeps the others out; {@code
   * -Dfault.scenarios=kill-gateway,kill-postgres} tries them.
   */
  private static final String SCENARIOS =
      System.getProperty("fault.scenarios", "kill-redis,kill-postgres,kill-agent");

  // Kept for whoever asks why.
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void nothingAcceptedIsLostWhenOneOfTheProcessesIsKilled() {
    var out = new StringWriter();
    int code =
        new CommandLine(new FaultCommand())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(out))
            .execute(
                "--gateways=1",
                "--scenario=" + SCENARIOS,
                "--seconds=3",
                "--vespid=../vespid",
                "--home=" + folder);

    assertThat(code).as(out.toString()).isZero();
  }
}
