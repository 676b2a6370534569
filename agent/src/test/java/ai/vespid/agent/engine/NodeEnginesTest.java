package ai.vespid.agent.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.agent.Eventually;
import ai.vespid.agent.engine.EngineCall.Bounds;
import ai.vespid.agent.engine.EngineCall.Key;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.settings.Settings;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeEnginesTest {
  private static final Bounds BOUNDS = new Bounds(8, 20, 50_000);

  @TempDir Path directory;

  private final ConcurrentLinkedQueue<RawJson> told = new ConcurrentLinkedQueue<>();
  private final Map<String, String> variables = new HashMap<>();
  private Path bin;
  private Path work;

  @BeforeEach
  void install() throws IOException {
    bin = directory.resolve("bin");
    work = Files.createDirectories(directory.resolve("work"));
    StandIn.install(bin);
    variables.put("PATH", bin + ":" + System.getenv("PATH"));
    variables.put("HOME", directory.toString());
    variables.put("AGENT_SECRET", "of the agent");
  }

  private NodeEngines engines(String... settings) throws Exception {
    var environment = new HashMap<String, String>();
    for (int i = 0; i < settings.length; i += 2) environment.put(settings[i], settings[i + 1]);
    var problems = new Problems();
    var engines =
        new NodeEngines(
            EngineSettings.of(Settings.of(environment, Map.of(), problems)),
            "boot",
            directory.resolve("scratch"),
            variables::get);
    problems.check();
    engines.probe();
    return engines;
  }

  private EngineCall call(String prompt) {
    return call(prompt, null, BOUNDS);
  }

  private EngineCall call(String prompt, Key key, Bounds bounds) {
    return new EngineCall("m-1", prompt, key, true, work, 20_000, bounds);
  }

  private EngineAnswer run(NodeEngines engines, String id, EngineCall call) throws Exception {
    return run(engines, id, call, new Cancellation());
  }

  private EngineAnswer run(
      NodeEngines engines, String id, EngineCall call, Cancellation cancellation) throws Exception {
    var events = new EventStream(EventStream.Limits.USUAL, InstantSource.system(), told::add);
    return engines.run(id, call, events, cancellation);
  }

  private String error(NodeEngines engines, String id, EngineCall call) {
    try {
      return "none, but " + run(engines, id, call).text();
    } catch (EngineFailed e) {
      return e.error();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private List<JsonNode> events(String kind) {
    return told.stream()
        .map(event -> Json.read(event.bytes(), JsonNode.class))
        .filter(event -> event.path("kind").asText().equals(kind))
        .toList();
  }

  private String streamed() {
    return events("agent.assistant_delta").stream()
        .map(event -> event.path("payload").path("delta").asText())
        .collect(Collectors.joining());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gateway.claude.v2",
        "claude.agent-sdk.v1",
        "gateway.codex.v2",
        "codex.sdk.v1",
        "gateway.opencode.v2"
      })
  void anEngineOfAnyGenerationAnswersAndItsTextStreamsUncut(String id) throws Exception {
    var answer = run(engines(), id, call("  hello \"you\""));

    assertThat(answer.text()).isEqualTo("You said:   hello \"you\" \n");
    assertThat(streamed()).isEqualTo(answer.text());
    assertThat(answer.meta().turns()).isOne();
    assertThat(answer.meta().inputTokens()).isEqualTo(3);
    assertThat(answer.meta().outputTokens()).isEqualTo(5);
    assertThat(told.stream().map(e -> Json.read(e.bytes(), JsonNode.class).path("seq").asInt()))
        .first()
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "gateway.claude.v2,Bash",
    "gateway.codex.v2,command_execution",
    "gateway.opencode.v2,bash"
  })
  void whatAnEngineDoesIsToldAndStandsInItsAnswer(String id, String tool) throws Exception {
    var answer = run(engines(), id, call("TOOL please"));

    assertThat(answer.toolResults()).hasSize(1);
    assertThat(answer.toolResults().getFirst().toolId()).isEqualTo(tool);
    assertThat(answer.toolResults().getFirst().status()).isEqualTo("succeeded");
    assertThat(answer.toolResults().getFirst().output().asText()).isEqualTo("a.txt");
    assertThat(events("agent.tool_call")).hasSize(1);
    var result = events("agent.tool_result").getFirst().path("payload");
    assertThat(result.path("callIndex").asInt()).isOne();
    assertThat(result.path("output").asText()).isEqualTo("a.txt");
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "codex", "opencode"})
  void thePromptIsInNoArgumentAndTheEnvironmentIsNotTheAgents(String name) throws Exception {
    run(engines(), "gateway." + name + ".v2", call("a private thing"));

    assertThat(StandIn.seen(bin, "prompt")).containsExactly("a private thing");
    assertThat(String.join(" ", StandIn.seen(bin, "arguments"))).doesNotContain("private");
    assertThat(StandIn.seen(bin, "environment"))
        .contains("HOME=" + directory)
        .noneMatch(line -> line.contains("of the agent"));
    assertThat(StandIn.seen(bin, "directory")).containsExactly(work.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "codex", "opencode"})
  void aKeyThatComesAlongIsUsedAndNothingOfThisMachinesLogin(String name) throws Exception {
    variables.put("ANTHROPIC_AUTH_TOKEN", "own-login");
    variables.put("OPENAI_API_KEY", "own-login");
    Files.delete(bin.resolve("login"));
    variables.remove("CODEX_HOME");

    var key = new Key("sk-theirs", "http://127.0.0.1:9/v1/deep");
    run(engines(), "gateway." + name + ".v2", call("x", key, BOUNDS));

    var environment = String.join("\n", StandIn.seen(bin, "environment"));
    assertThat(environment).contains("sk-theirs").doesNotContain("own-login");
    assertThat(StandIn.seen(bin, "environment")).doesNotContain("HOME=" + directory);
    var everything = environment + String.join(" ", StandIn.seen(bin, "arguments"));
    assertThat(everything).contains("http://127.0.0.1:9/v1/deep");
    assertThat(StandIn.seen(bin, "arguments")).noneMatch(arg -> arg.contains("sk-theirs"));
    try (var left = Files.list(directory.resolve("scratch"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void withoutALoginAnEngineRunsForWhoBringsAKeyAlone() throws Exception {
    Files.delete(bin.resolve("login"));
    var engines = engines();

    assertThat(engines.serve()).isTrue();
    assertThat(engines.logins().get("gateway.claude.v2").oauthVerified()).isFalse();
    assertThat(engines.logins().get("gateway.claude.v2").reason()).isEqualTo("unauthenticated");
    assertThat(error(engines, "gateway.claude.v2", call("x")))
        .isEqualTo("EXECUTOR_OAUTH_NOT_VERIFIED:unauthenticated");
    assertThat(Files.exists(bin.resolve("runs"))).isFalse();
    Files.writeString(bin.resolve("login"), "");
    engines.probe();
    assertThat(engines.logins().get("gateway.claude.v2").reason()).isEqualTo("verified");
    assertThat(run(engines, "gateway.claude.v2", call("x")).text()).contains("You said: x");
  }

  @Test
  void aProgramThatIsNotThereIsNotOffered() throws Exception {
    var engines = engines("VESPID_AGENT_ENGINES", "codex", "VESPID_CODEX_PATH", "/nowhere/codex");

    assertThat(engines.serve()).isFalse();
    assertThat(engines.logins().keySet()).containsExactly("gateway.codex.v2");
    assertThat(engines.logins().get("gateway.codex.v2").reason()).isEqualTo("cli_not_found");
    assertThat(error(engines, "gateway.codex.v2", call("x")))
        .isEqualTo("EXECUTOR_CLI_NOT_FOUND:codex");
    assertThat(error(engines, "gateway.claude.v2", call("x")))
        .isEqualTo("EXECUTOR_UNSUPPORTED_ENGINE:gateway.claude.v2");
  }

  @Test
  void anotherCommandCanTellWhetherThereIsALogin() throws Exception {
    Files.delete(bin.resolve("login"));

    var engines =
        engines(
            "VESPID_CLAUDE_OAUTH_VERIFY_CMD", "sh -c 'exit 0'",
            "VESPID_CODEX_OAUTH_VERIFY_CMD", "sh -c \"sleep 60\"",
            "VESPID_ENGINE_AUTH_PROBE_TIMEOUT_MS", "1000");

    assertThat(engines.logins().get("gateway.claude.v2").reason()).isEqualTo("verified");
    assertThat(engines.logins().get("gateway.codex.v2").reason()).isEqualTo("probe_timeout");
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "codex", "opencode"})
  void aFailureIsWhatTheEngineSaysAndIsNotTriedAgain(String name) throws Exception {
    var engines = engines();

    assertThat(error(engines, "gateway." + name + ".v2", call("FAIL")))
        .isEqualTo("EXECUTOR_CLI_FAILED:Credit is too low");
    assertThat(error(engines, "gateway." + name + ".v2", call("SPLIT")))
        .isEqualTo("EXECUTOR_CLI_FAILED:no more credit");
    assertThat(StandIn.seen(bin, "runs")).hasSize(2);
  }

  @Test
  void linesThatNobodyKnowsSayNothing() throws Exception {
    assertThat(run(engines(), "gateway.claude.v2", call("NOISE")).text()).contains("You said:");
  }

  @Test
  void aCancelledEngineIsGoneWithAllItStartedWithinASecond() throws Exception {
    var engines = engines();
    var cancellation = new Cancellation();
    var failure = new CompletableFuture<String>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            run(engines, "gateway.claude.v2", call("HANG"), cancellation);
          } catch (EngineFailed e) {
            failure.complete(e.error());
          } catch (Exception e) {
            failure.completeExceptionally(e);
          }
        });
    Eventually.is("it runs", () -> Files.exists(bin.resolve("started")));
    assertThat(Eventually.processWith("HOME=" + directory)).isTrue();

    long cancelled = System.nanoTime();
    cancellation.cancel();

    assertThat(failure.get(10, TimeUnit.SECONDS)).isEqualTo("DISPATCH_CANCELED");
    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - cancelled)).isLessThan(1_000);
    assertThat(Eventually.processWith("HOME=" + directory)).isFalse();
  }

  @Test
  void timeIsUpForAnEngineThatDoesNotEnd() throws Exception {
    var call = new EngineCall(null, "HANG", null, true, work, 1_000, BOUNDS);

    assertThat(error(engines(), "gateway.codex.v2", call)).isEqualTo("NODE_EXECUTION_TIMEOUT");
    assertThat(Eventually.processWith("HOME=" + directory)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"3,50,AGENT_MAX_TURNS", "60,3,AGENT_MAX_TOOL_CALLS"})
  void anEngineIsStoppedAtItsBounds(int turns, int toolCalls, String error) throws Exception {
    var call = call("LOOP", null, new Bounds(turns, toolCalls, 50_000));

    assertThatThrownBy(() -> run(engines(), "gateway.claude.v2", call))
        .isInstanceOfSatisfying(
            EngineFailed.class,
            failed -> {
              assertThat(failed.error()).isEqualTo(error);
              assertThat(failed.soFar().orElseThrow().toolResults()).hasSizeBetween(3, 20);
            });
  }

  @Test
  void anEngineThatMayOnlyThinkIsStoppedWhenItUsesATool() throws Exception {
    var call = new EngineCall(null, "TOOL", null, false, null, 20_000, BOUNDS);

    assertThat(error(engines(), "gateway.codex.v2", call))
        .isEqualTo("TOOL_NOT_ALLOWED:command_execution");
    assertThat(StandIn.seen(bin, "arguments")).contains("read-only");
    assertThat(StandIn.seen(bin, "directory").getFirst()).isNotEqualTo(work.toString());
  }

  @Test
  void aTextThatIsTooLongIsCut() throws Exception {
    var call = call("x".repeat(2_000), null, new Bounds(8, 20, 256));

    var answer = run(engines(), "gateway.codex.v2", call);

    assertThat(answer.text()).hasSize(256);
    assertThat(answer.textTruncated()).isTrue();
  }

  @Test
  void noMoreRunsOfAnEngineGoOnThanItMayHave() throws Exception {
    var engines = engines("VESPID_AGENT_ENGINE_CONCURRENCY", "2");
    var done = new ArrayList<CompletableFuture<EngineAnswer>>();
    for (int i = 0; i < 3; i++) done.add(new CompletableFuture<>());
    for (var answer : done) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              answer.complete(run(engines, "gateway.claude.v2", call("WAIT")));
            } catch (Exception e) {
              answer.completeExceptionally(e);
            }
          });
    }

    Eventually.is("two run", () -> running() == 2);
    assertThat(StandIn.seen(bin, "runs")).hasSize(2);
    Files.writeString(bin.resolve("go"), "");

    for (var answer : done) assertThat(answer.get(20, TimeUnit.SECONDS).text()).contains("WAIT");
    assertThat(StandIn.seen(bin, "runs")).hasSize(3);
  }

  private long running() throws IOException {
    try (var files = Files.list(bin)) {
      return files.filter(file -> file.getFileName().toString().startsWith("running")).count();
    }
  }
}
