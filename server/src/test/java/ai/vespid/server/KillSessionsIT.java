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

/**
 * A few kills and cuts on every build; {@code bench fault --scenario kill-sessions} has the fifty
 * and the thousand.
 */
@Timeout(300)
final class KillSessionsIT {
  private static final int KILLS = Integer.getInteger("kill-sessions.kills", 4);
  private static final int CUTS = Integer.getInteger("kill-sessions.cuts", 60);

  // Kept for whoever asks why.
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void everyTurnEndsOnceAndEverybodySeesAllOfItWhoeverIsKilled() {
    var out = new StringWriter();
    int code =
        new CommandLine(new FaultCommand())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(out))
            .execute(
                "--scenario=kill-sessions",
                "--gateways=2",
                "--kills=" + KILLS,
                "--cuts=" + CUTS,
                "--vespid=../vespid",
                "--home=" + folder);

    assertThat(code).as(out.toString()).isZero();
  }
}
