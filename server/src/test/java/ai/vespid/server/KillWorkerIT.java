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

/** A few kills on every build; {@code bench fault --scenario kill-worker} has the fifty. */
@Timeout(300)
final class KillWorkerIT {
  private static final int KILLS = Integer.getInteger("kill-worker.kills", 10);

  // Kept for whoever asks why.
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void everyRunEndsAndNoStepRunsTwiceWhenTheWorkerIsKilledAgainAndAgain() {
    var out = new StringWriter();
    int code =
        new CommandLine(new FaultCommand())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(out))
            .execute(
                "--scenario=kill-worker",
                "--kills=" + KILLS,
                "--vespid=../vespid",
                "--home=" + folder);

    assertThat(code).as(out.toString()).isZero();
  }
}
