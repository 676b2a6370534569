package ai.vespid.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.bench.TestGateway.Fault;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Pool;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole program against a gateway that behaves, or misbehaves in one known way. */
class ScenarioTest {
  @TempDir Path folder;

  /** What a run printed and how it ended. */
  private record Outcome(int code, JsonNode figures, String text) {}

  @Test
  void countsRightAnswersAndEndsWell() {
    try (var gateway = new TestGateway(Fault.NONE)) {
      var outcome = run(gateway, "sync", "--callers", "4");

      assertThat(outcome.code()).isZero();
      assertThat(outcome.figures().path("errors").asLong()).isZero();
      assertThat(outcome.figures().path("wrong").asLong()).isZero();
      double counted = outcome.figures().path("rate").asDouble() * 0.3;
      // The gateway saw the warm-up and the stragglers too.
      assertThat(counted).isGreaterThan(10).isLessThanOrEqualTo(gateway.results.get());
      assertThat(gateway.acks.get()).isEqualTo(gateway.results.get());
    }
  }

  @Test
  void dispatchesTasksAsWellAsConnectorActions() {
    try (var gateway = new TestGateway(Fault.NONE)) {
      assertThat(run(gateway, "sync", "--callers", "2", "--kind", "execute").code()).isZero();
    }
  }

  @Test
  void playsAnAgentOfTheOriginalThatKnowsNoExtension() {
    try (var gateway = new TestGateway(Fault.NONE)) {
      var outcome = run(gateway, "sync", "--callers", "2", "--plain-v2");

      assertThat(outcome.code()).isZero();
      assertThat(gateway.acks.get()).isZero();
      assertThat(gateway.hellos)
          .isNotEmpty()
          .noneMatch(hello -> hello.contains("bootId") || hello.contains("features"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "WRONG_OUTPUT,  wrong,  output differs from what the agent sent",
    "RUNS_TWICE,    wrong,  one dispatch reached an agent twice",
    "NEVER_ANSWERS, errors, no answer in time",
    "FAILS,         errors, failed AGENT_DISCONNECTED",
    "REFUSES,       errors, HTTP 503 NO_AGENT_AVAILABLE"
  })
  void findsTheOneBadAnswerOfASynchronousRun(Fault fault, String counter, String reason) {
    try (var gateway = new TestGateway(fault)) {
      var outcome = run(gateway, "sync", "--callers", "4");

      assertThat(outcome.code()).isEqualTo(1);
      assertThat(outcome.figures().path(counter).asLong()).isEqualTo(1);
      assertThat(outcome.figures().path("reasons").path(reason).asLong()).isEqualTo(1);
    }
  }

  @Test
  void readsBackEveryResultOfAnAsynchronousRunThoughEachIsAskedForTooEarly() {
    try (var gateway = new TestGateway(Fault.NONE)) {
      var outcome = run(gateway, "async", "--callers", "4", "--window", "50");

      assertThat(outcome.code()).isZero();
      assertThat(outcome.figures().path("rate").asDouble()).isGreaterThan(30);
      assertThat(outcome.figures().path("acceptRate").asDouble()).isGreaterThan(30);
      assertThat(outcome.figures().path("durability").asText()).isEqualTo("D");
    }
  }

  @Test
  void readsBackTheResultsOfAgentsThatGetNoAcknowledgement() {
    try (var gateway = new TestGateway(Fault.NONE)) {
      var outcome = run(gateway, "async", "--callers", "4", "--window", "50", "--plain-v2");

      assertThat(outcome.code()).isZero();
      assertThat(outcome.figures().path("rate").asDouble()).isGreaterThan(30);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "WRONG_OUTPUT,  wrong,  output differs from what the agent sent",
    "RUNS_TWICE,    wrong,  one dispatch reached an agent twice",
    "NEVER_ANSWERS, errors, no answer in time"
  })
  void findsTheOneBadAnswerOfAnAsynchronousRun(Fault fault, String counter, String reason) {
    try (var gateway = new TestGateway(fault)) {
      var outcome = run(gateway, "async", "--callers", "4", "--window", "50");

      assertThat(outcome.code()).isEqualTo(1);
      assertThat(outcome.figures().path("reasons").path(reason).asLong()).isEqualTo(1);
      assertThat(outcome.figures().path(counter).asLong()).isEqualTo(1);
    }
  }

  @Test
  void showsAStallInOpenLoopLatency() {
    try (var gateway = new TestGateway(Fault.STALLS)) {
      var outcome = run(gateway, "sync-latency", "--rate", "200", "--warmup", "0");

      assertThat(outcome.code()).isZero();
      var figures = outcome.figures();
      assertThat(figures.path("maxMs").asDouble()).isGreaterThan(TestGateway.STALL_MS * 0.9);
      // 40 of these 60 requests were meant to start while nothing moved: so half of all waited.
      assertThat(figures.path("p50Ms").asDouble()).isGreaterThan(TestGateway.STALL_MS * 0.1);
    }
  }

  @Test
  void measuresTheBarePipeBesideItAndAppendsARow() throws Exception {
    var table = folder.resolve("docs/benchmarks.md");
    try (var gateway = new TestGateway(Fault.NONE)) {
      var outcome =
          run(
              gateway,
              "sync",
              "--callers",
              "4",
              "--with-pipe",
              "--rounds",
              "3",
              "--commit",
              "abc1234",
              "--append",
              table.toString());

      assertThat(outcome.code()).isZero();
      assertThat(outcome.figures().path("pipeRate").asDouble()).isPositive();
      assertThat(outcome.figures().path("shareOfPipe").asDouble()).isPositive();
      assertThat(outcome.figures().path("commit").asText()).isEqualTo("abc1234");
      assertThat(Files.readString(table)).startsWith("| date").contains("| abc1234 | sync | V |");
    }
  }

  @Test
  void saysWhyItCouldNotRunAndPrintsNoToken() {
    var outcome = runAt(addressOfAGatewayThatHasGone(), "sync");

    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.text()).contains("agent refused").doesNotContain("secret");
  }

  private static String addressOfAGatewayThatHasGone() {
    try (var gateway = new TestGateway(Fault.NONE)) {
      return gateway.url();
    }
  }

  private Outcome run(TestGateway gateway, String... arguments) {
    return runAt(gateway.url(), arguments);
  }

  private Outcome runAt(String url, String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--gateway", url, "--gateway-token", "secret-gateway", "--agents", "3"));
    all.addAll(List.of("--credentials", credentials().toString()));
    all.addAll(List.of("--seconds", "0.3", "--patience", "1.5"));
    if (!all.contains("--warmup")) all.addAll(List.of("--warmup", "0.2"));
    var out = new StringWriter();
    var line = BenchCommand.commandLine();
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(out));
    int code = line.execute(all.toArray(String[]::new));
    var text = out.toString();
    var first = text.lines().findFirst().orElse("").getBytes(StandardCharsets.UTF_8);
    return new Outcome(code, code == 2 ? null : Json.read(first, JsonNode.class), text);
  }

  private Path credentials() {
    var path = folder.resolve("agents.jsonl");
    var organization = UUID.randomUUID().toString();
    var user = UUID.randomUUID().toString();
    var agents = new ArrayList<Credential>();
    for (int i = 0; i < 3; i++) {
      var id = UUID.randomUUID().toString();
      agents.add(new Credential(id, "secret-" + i, organization, user, Pool.BYON));
    }
    new CredentialFile(path).add(agents);
    return path;
  }
}
