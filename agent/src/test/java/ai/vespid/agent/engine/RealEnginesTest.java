package ai.vespid.agent.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vespid.agent.Eventually;
import ai.vespid.agent.engine.EngineCall.Bounds;
import ai.vespid.agent.engine.EngineCall.Key;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.settings.Settings;
import ai.vespid.agent.tool.Tool;
import ai.vespid.agent.tool.ToolServer;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The vendors' own programs, which {@code .ci/run} installs from npm, with an API of ours behind
 * them. Skipped where they are not.
 */
@Timeout(200)
class RealEnginesTest {
  private static final String INSTALLED = System.getenv("VESPID_TEST_ENGINES");
  // opencode takes its time where others work too.
  private static final int TIMEOUT_MS = 150_000;
  private static final Bounds BOUNDS = new Bounds(8, 20, 50_000);

  @TempDir Path directory;

  private final ConcurrentLinkedQueue<RawJson> told = new ConcurrentLinkedQueue<>();
  private ApiStand api;

  @BeforeEach
  void open() throws IOException {
    api = new ApiStand();
  }

  @AfterEach
  void close() {
    api.close();
  }

  private NodeEngines engines(String name) throws Exception {
    assumeTrue(INSTALLED != null, "VESPID_TEST_ENGINES names no folder with the programs");
    assumeTrue(Files.isExecutable(Path.of(INSTALLED, name)), name + " is not installed");
    var variables = new HashMap<String, String>();
    variables.put("PATH", INSTALLED + ":" + System.getenv("PATH"));
    variables.put("HOME", directory.toString());
    var engines =
        new NodeEngines(
            EngineSettings.of(
                Settings.of(Map.of("VESPID_AGENT_ENGINES", name), Map.of(), new Problems())),
            "boot",
            directory.resolve("scratch"),
            variables::get);
    engines.probe();
    return engines;
  }

  private EngineAnswer run(
      NodeEngines engines, String name, String model, boolean mayWork, Cancellation cancellation)
      throws Exception {
    return run(engines, name, model, mayWork, cancellation, OfferedTools.NONE);
  }

  private EngineAnswer run(
      NodeEngines engines,
      String name,
      String model,
      boolean mayWork,
      Cancellation cancellation,
      OfferedTools tools)
      throws Exception {
    var key = new Key("sk-of-the-test", api.url() + "/v1");
    if (name.equals("claude")) key = new Key("sk-of-the-test", api.url());
    var work = Files.createDirectories(directory.resolve("work"));
    var call =
        new EngineCall(
            model, "Say hello", key, mayWork, mayWork ? work : null, TIMEOUT_MS, BOUNDS, tools);
    var events = new EventStream(EventStream.Limits.USUAL, InstantSource.system(), told::add);
    try {
      return engines.run("gateway." + name + ".v2", call, events, cancellation);
    } catch (EngineFailed e) {
      throw new AssertionError(e.error() + e.soFar().map(EngineAnswer::raw), e);
    }
  }

  private String streamed() {
    return told.stream()
        .map(event -> Json.read(event.bytes(), JsonNode.class))
        .filter(event -> event.path("kind").asText().equals("agent.assistant_delta"))
        .map(event -> event.path("payload").path("delta").asText())
        .collect(Collectors.joining());
  }

  @ParameterizedTest
  @CsvSource({
    "claude,claude-stand,true",
    "claude,claude-stand,false",
    "codex,gpt-stand,true",
    "codex,gpt-stand,false",
    "opencode,anthropic/claude-sonnet-4-5,true",
    "opencode,anthropic/claude-sonnet-4-5,false",
    "opencode,openai/gpt-5,true"
  })
  void theRealProgramAnswersAndHasTheToolsItMayUse(String name, String model, boolean mayWork)
      throws Exception {
    var engines = engines(name);

    var answer = run(engines, name, model, mayWork, new Cancellation());

    assertThat(answer.text()).isEqualTo(ApiStand.ANSWER);
    assertThat(streamed()).isEqualTo(ApiStand.ANSWER);
    assertThat(answer.meta().turns()).isOne();
    var asked =
        api.asked().stream().filter(each -> each.body().contains("Say hello")).toList().getLast();
    assertThat(asked.key()).contains("sk-of-the-test");
    assertThat(worksWith(asked)).isEqualTo(mayWork);
  }

  @ParameterizedTest
  @CsvSource({"claude,claude-stand", "codex,gpt-stand", "opencode,anthropic/claude-sonnet-4-5"})
  void theRealProgramIsOfferedTheToolsOfTheAgent(String name, String model) throws Exception {
    var engines = engines(name);
    var schema = RawJson.of("{\"type\":\"object\",\"properties\":{}}");
    var tools = List.of(new Tool("skill.convert", "Converts it.", schema));
    try (var server = ToolServer.open(tools, (_, _) -> RawJson.NULL)) {
      run(engines, name, model, false, new Cancellation(), OfferedTools.of(server));
    }

    assertThat(api.asked()).anyMatch(asked -> asked.body().contains("skill_convert"));
  }

  // Some always have tools that neither run a command nor see a file.
  private static boolean worksWith(ApiStand.Asked asked) {
    var body = Json.read(asked.body().getBytes(StandardCharsets.UTF_8), JsonNode.class);
    return body.path("tools")
        .valueStream()
        .map(tool -> tool.path("name").asText())
        .anyMatch(tool -> tool.matches("(?i).*(bash|shell|exec|patch|edit|write|read).*"));
  }

  @ParameterizedTest
  @CsvSource({"claude,claude-stand", "codex,gpt-stand", "opencode,anthropic/claude-sonnet-4-5"})
  void theRealProgramIsGoneWithinASecondWhenItIsCancelled(String name, String model)
      throws Exception {
    var engines = engines(name);
    api.fallSilent();
    var cancellation = new Cancellation();
    var failure = new CompletableFuture<String>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            failure.complete("none, but " + run(engines, name, model, true, cancellation));
          } catch (Exception | AssertionError e) {
            failure.complete(e.getMessage());
          }
        });
    assertThat(api.awaitAsked(TIMEOUT_MS)).isTrue();

    long cancelled = System.nanoTime();
    cancellation.cancel();

    assertThat(failure.get(20, TimeUnit.SECONDS)).startsWith("DISPATCH_CANCELED");
    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - cancelled)).isLessThan(1_000);
    assertThat(Eventually.processWith(directory.resolve("scratch").toString())).isFalse();
  }
}
