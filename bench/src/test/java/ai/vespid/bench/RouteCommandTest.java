package ai.vespid.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Forks a real, very short run. */
class RouteCommandTest {
  @TempDir Path folder;

  @Test
  void timesADispatchAndAddsTheRowToItsOwnTable() throws Exception {
    // Another run of JMH on this machine spoils figures, not this test.
    System.setProperty("jmh.ignoreLock", "true");
    var file = folder.resolve("benchmarks.md");
    Files.writeString(file, RouteFigures.HEAD + "| before |\n\nText.\n");

    var text =
        route(
            0,
            "--agents=20",
            "--tags=10",
            "--tags-per-agent=2",
            "--warmup=0.1",
            "--seconds=0.2",
            "--append=" + file,
            "--commit=abc");

    var line = text.lines().findFirst().orElseThrow();
    var figures = Json.read(line.getBytes(StandardCharsets.UTF_8), JsonNode.class);
    assertThat(figures.path("meanUs").asDouble()).isPositive();
    assertThat(figures.path("p99Us").asDouble()).isPositive();
    assertThat(Files.readString(file))
        .startsWith(RouteFigures.HEAD + "| before |\n| 20")
        .contains("| abc | route | 20 | 10 | 2 | ")
        .endsWith(" |\n\nText.\n");
  }

  @Test
  void refusesMoreTagsPerAgentThanThereAre() {
    assertThat(route(2, "--tags=3", "--tags-per-agent=4"))
        .contains("--tags-per-agent must be from 1 to --tags");
  }

  private static String route(int expected, String... options) {
    var out = new StringWriter();
    var line = BenchCommand.commandLine();
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(out));
    var all = new String[options.length + 1];
    all[0] = "route";
    System.arraycopy(options, 0, all, 1, options.length);
    assertThat(line.execute(all)).as(out::toString).isEqualTo(expected);
    return out.toString();
  }
}
