package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.engine.EngineSettings;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.engine.StandIn;
import ai.vespid.agent.settings.Settings;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.executor.ExecutorFrame.EngineAuth;
import ai.vespid.protocol.executor.ExecutorFrame.Event;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.ExecutorFrame.ToolEvent;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Engines as a gateway meets them: in the hello, in events, in results, and gone when cancelled.
 */
class EngineDispatchTest {
  @TempDir Path directory;

  private final TestGateway gateway = new TestGateway();
  private final Vertx vertx = Vertx.vertx();
  private Path bin;
  private Agent agent;

  @BeforeEach
  void start() throws Exception {
    bin = directory.resolve("bin");
    StandIn.install(bin);
    var variables = Map.of("PATH", bin + ":" + System.getenv("PATH"), "HOME", "" + directory);
    var draft = new TestAgent(directory).environment(variables::get);
    var engines =
        new NodeEngines(
            EngineSettings.of(Settings.empty()),
            draft.bootId,
            directory.resolve("scratch"),
            variables::get);
    agent = draft.engines(engines).make(vertx, gateway);
    agent.start();
  }

  @AfterEach
  void stop() {
    agent.stop(Duration.ZERO);
    vertx.close().await();
    gateway.close();
    assertThat(Eventually.processWith("HOME=" + directory)).isFalse();
  }

  private Hello helloWithEngines() throws InterruptedException {
    while (true) {
      var hello = gateway.next(Hello.class);
      // Each of them is told as soon as it has been asked.
      boolean all = hello.engineAuth().values().stream().allMatch(EngineAuth::oauthVerified);
      if (all && hello.kinds().contains(Kind.AGENT_RUN)) return hello;
    }
  }

  private static GatewayFrame.InvokeTool invoke(String requestId, String instructions) {
    var payload =
        "{\"nodeId\":\"n\",\"node\":{\"id\":\"n\",\"type\":\"agent.run\",\"config\":{\"engine\":"
            + "{\"id\":\"gateway.claude.v2\"},\"prompt\":{\"instructions\":\"%s\"}}}}";
    return TestGateway.invoke(
            requestId, 1, Kind.AGENT_RUN, RawJson.of(payload.formatted(instructions)))
        .of(TestGateway.ORGANIZATION);
  }

  @Test
  void theHelloNamesTheKindOnceAnEngineIsThereAndTheLogins() throws Exception {
    var hello = helloWithEngines();

    assertThat(hello.kinds())
        .containsExactlyInAnyOrder(Kind.CONNECTOR_ACTION, Kind.AGENT_EXECUTE, Kind.AGENT_RUN);
    assertThat(hello.connectors())
        .contains("gateway.claude.v2", "key:gateway.claude.v2", "gateway.opencode.v2");
    // The original refuses a hello with any other key.
    assertThat(hello.engineAuth()).containsOnlyKeys("gateway.claude.v2", "gateway.codex.v2");
  }

  @Test
  void whatAnEngineSaysComesAsEventsAndThenAsTheResult() throws Exception {
    helloWithEngines();
    gateway.send(invoke("request-01", "Hello"));

    Event event;
    int seq = 0;
    do {
      var frame = gateway.next(ToolEvent.class);
      event = Json.read(frame.event().bytes(), Event.class);
      assertThat(frame.requestId()).isEqualTo("request-01");
      assertThat(event.seq()).isEqualTo(++seq);
    } while (!event.kind().equals("agent.final"));
    var result = gateway.next(ToolResult.class);

    assertThat(seq).isGreaterThan(3);
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.output().text()).contains("You said: Hello");
  }

  @Test
  void aCancelledDispatchEndsItsEngineWithinASecond() throws Exception {
    helloWithEngines();
    gateway.send(invoke("request-01", "HANG"));
    Eventually.is("it runs", () -> Files.exists(bin.resolve("started")));

    long cancelled = System.nanoTime();
    gateway.send(new GatewayFrame.DispatchCancel("request-01", 1, "CANCELED"));
    Eventually.is("it is gone", () -> !Eventually.processWith("HOME=" + directory));

    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - cancelled)).isLessThan(1_000);
    assertThat(gateway.poll(ToolResult.class, 1_000)).isNull();
    gateway.send(invoke("request-02", "after"));
    assertThat(gateway.next(ToolResult.class).output().text()).contains("You said: after");
  }
}
