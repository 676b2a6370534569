package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.bench.fault.FaultCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * A short fault run of every kind on every build; {@code bench fault} has the long ones, and
 * docs/fault-runs.md says how often they held. Each has checks of its own: the code is not 0 when
 * one of them failed.
 */
@Timeout(300)
final class FaultRunIT {
  private static final String ONE = System.getProperty("fault.one", "kill-postgres,kill-agent");
  private static final String THREE =
      System.getProperty("fault.three", "kill-home,kill-redis,partition");
  private static final int WORKER_KILLS = Integer.getInteger("kill-worker.kills", 10);
  private static final int SESSION_KILLS = Integer.getInteger("kill-sessions.kills", 4);
  private static final int SESSION_CUTS = Integer.getInteger("kill-sessions.cuts", 60);

  // Kept for whoever asks why.
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void oneGatewayLosesNothingItAccepted() {
    holds("--scenario=" + ONE, "--gateways=1", "--seconds=3");
  }

  @Test
  void threeGatewaysLoseNothingTheyAccepted() {
    holds("--scenario=" + THREE, "--gateways=3", "--seconds=3");
  }

  @Test
  void everyRunEndsAndNoStepRunsTwiceWhenTheWorkerIsKilledAgainAndAgain() {
    holds("--scenario=kill-worker", "--kills=" + WORKER_KILLS);
  }

  @Test
  void everyTurnEndsOnceAndEverybodySeesAllOfItWhoeverIsKilled() {
    holds(
        "--scenario=kill-sessions",
        "--gateways=2",
        "--kills=" + SESSION_KILLS,
        "--cuts=" + SESSION_CUTS);
  }

  private void holds(String... run) {
    var out = new StringWriter();
    var place = List.of("--vespid=../vespid", "--home=" + folder);
    int code =
        new CommandLine(new FaultCommand())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(out))
            .execute(Stream.concat(Stream.of(run), place.stream()).toArray(String[]::new));

    assertThat(code).as(out.toString()).isZero();
  }
}
