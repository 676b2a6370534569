package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.executor.ExecutorFrame.DispatchAck;
import ai.vespid.protocol.executor.ExecutorFrame.DispatchCanceled;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame;
import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentTest {
  @TempDir Path directory;

  private final TestGateway gateway = new TestGateway();
  private final Vertx vertx = Vertx.vertx();
  private final Queue<Throwable> unhandled = new ConcurrentLinkedQueue<>();
  private Agent agent;

  @BeforeEach
  void start() throws IOException {
    vertx.exceptionHandler(unhandled::add);
    agent =
        new TestAgent(directory)
            .environment(this::environment)
            .connectors("github")
            .labels("l")
            .maxInFlight(2)
            .make(vertx, gateway);
    agent.start();
  }

  @AfterEach
  void stop() {
    agent.stop(Duration.ZERO);
    vertx.close().await();
    gateway.close();
    assertThat(Eventually.processWith("TRACE=" + directory)).isFalse();
    assertThat(unhandled).isEmpty();
  }

  private String environment(String name) {
    return name.equals("HOME") ? directory.toString() : System.getenv(name);
  }

  private long journalled() throws IOException {
    try (var files = Files.list(directory.resolve("journal"))) {
      return files.filter(file -> file.toString().endsWith(".result")).count();
    }
  }

  private static JsonNode output(ToolResult result) {
    return Json.read(result.output().bytes(), JsonNode.class);
  }

  private ToolResult run(GatewayFrame.InvokeTool invoke) throws Exception {
    gateway.send(invoke);
    var result = gateway.next(ToolResult.class);
    gateway.acknowledge(result);
    return result;
  }

  @Test
  void saysWhoItIsAndRunsAScript() throws Exception {
    var hello = gateway.next(Hello.class);
    gateway.send(TestGateway.shell("request-01", 1, "echo out; echo err >&2; exit 3"));
    var ack = gateway.next(DispatchAck.class);
    var result = gateway.next(ToolResult.class);

    assertThat(hello.executorId()).isEqualTo(TestGateway.EXECUTOR);
    assertThat(hello.features()).containsExactlyInAnyOrder("ack", "cancel");
    assertThat(hello.maxInFlight()).isEqualTo(2);
    assertThat(hello.connectors()).containsExactly("github");
    assertThat(ack).isEqualTo(new DispatchAck("request-01", 1));
    assertThat(result.error()).isEqualTo("HOST_EXIT_CODE:3");
    assertThat(output(result).get("stdout").asText()).isEqualTo("out\n");
    assertThat(output(result).get("stderr").asText()).isEqualTo("err\n");
  }

  @Test
  void repeatsAResultUntilItIsAcknowledged() throws Exception {
    gateway.connection();
    gateway.send(TestGateway.shell("request-01", 1, "echo once"));
    gateway.next(ToolResult.class);
    var again = gateway.next(ToolResult.class);
    assertThat(journalled()).isOne();

    gateway.acknowledge(again);

    Eventually.is("the journal is empty", () -> journalled() == 0);
    assertThat(gateway.poll(ToolResult.class, 2_500)).isNull();
  }

  @Test
  void afterAReconnectTellsWhatItHoldsAndSendsResultsOnlyWhenWelcomed() throws Exception {
    var first = gateway.connection();
    gateway.next(Hello.class);
    gateway.send(TestGateway.shell("request-01", 1, "echo kept"));
    gateway.next(ToolResult.class);
    gateway.neverWelcome();
    first.close().await();

    gateway.connection();
    var hello = gateway.next(Hello.class);
    assertThat(hello.finished()).containsExactly(new Held("request-01", 1));
    assertThat(gateway.poll(ToolResult.class, 1_500)).isNull();
    gateway.send(new GatewayFrame.Welcome("c", 60_000, 10_000, 2, 1 << 23, List.of()));
    var result = gateway.next(ToolResult.class, 2_000);
    assertThat(output(result).get("stdout").asText()).isEqualTo("kept\n");
    gateway.acknowledge(result);
  }

  @Test
  void worksForAGatewayThatNeitherWelcomesNorAcknowledges() throws Exception {
    gateway.neverWelcome();
    gateway.connection().close().await();
    gateway.connection();

    gateway.send(TestGateway.shell("request-01", 1, "echo plain"));

    assertThat(output(gateway.next(ToolResult.class, 4_000)).get("stdout").asText())
        .isEqualTo("plain\n");
    assertThat(gateway.poll(ToolResult.class, 2_500)).isNull();
  }

  @Test
  void runsADispatchThatArrivesTwiceOnce() throws Exception {
    gateway.connection();
    var file = directory.resolve("count");
    var invoke = TestGateway.shell("request-01", 1, "echo x >> " + file + "; sleep 0.3");

    gateway.send(invoke);
    gateway.send(invoke);
    gateway.next(DispatchAck.class);
    gateway.next(DispatchAck.class);
    var result = gateway.next(ToolResult.class);
    gateway.send(TestGateway.shell("request-01", 2, "echo x >> " + file));
    var secondAck = gateway.next(DispatchAck.class);
    ToolResult second;
    do second = gateway.next(ToolResult.class);
    while (second.epoch() != 2);
    gateway.acknowledge(second);
    gateway.send(invoke);

    assertThat(result.epoch()).isOne();
    assertThat(secondAck.epoch()).isEqualTo(2);
    assertThat(gateway.poll(DispatchAck.class, 500)).isNull();
    assertThat(Files.readAllLines(file)).hasSize(1);
  }

  @Test
  void cancellingEndsTheProcessesAndAnswersNothing() throws Exception {
    gateway.connection();
    var started = directory.resolve("started");
    gateway.send(
        TestGateway.shell(
            "request-01",
            1,
            "export TRACE=" + directory + "; sleep 300 & touch " + started + "; wait"));
    Eventually.is("the script runs", () -> Files.exists(started));

    gateway.send(new GatewayFrame.DispatchCancel("request-01", 1, "DEADLINE"));

    assertThat(gateway.next(DispatchCanceled.class))
        .isEqualTo(new DispatchCanceled("request-01", 1));
    assertThat(Eventually.processWith("TRACE=" + directory)).isFalse();
    assertThat(gateway.poll(ToolResult.class, 700)).isNull();
    assertThat(run(TestGateway.shell("request-01", 2, "true")).status())
        .isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void aRunGivenAgainWhileItsCancelledOneDiesIsNotMistakenForIt() throws Exception {
    gateway.connection();
    var started = directory.resolve("started");
    gateway.send(
        TestGateway.shell(
            "request-01", 1, "trap '' TERM; touch " + started + "; sleep 300; sleep 300"));
    Eventually.is("the script runs", () -> Files.exists(started));

    gateway.send(new GatewayFrame.DispatchCancel("request-01", 1, "DEADLINE"));
    var result = run(TestGateway.shell("request-01", 2, "echo second"));

    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(output(result).get("stdout").asText()).isEqualTo("second\n");
  }

  @Test
  void neverRunsMoreAtOnceThanItSaid() throws Exception {
    gateway.connection();
    var script = "mkdir -p %1$s; touch %1$s/$$; ls %1$s | wc -l; sleep 0.3; rm %1$s/$$";
    for (int i = 1; i <= 5; i++) {
      gateway.send(TestGateway.shell("r" + i, 1, script.formatted(directory.resolve("running"))));
    }

    int refused = 0;
    for (int i = 1; i <= 5; i++) {
      var result = gateway.next(ToolResult.class);
      gateway.acknowledge(result);
      if ("EXECUTOR_OVER_CAPACITY".equals(result.error())) refused++;
      else assertThat(output(result).get("stdout").asText().strip()).isIn("1", "2");
    }
    assertThat(refused).isOne();
  }

  @Test
  void refusesWorkOfAnotherOrganization() throws Exception {
    gateway.connection();
    var payload = RawJson.of("{\"nodeId\":\"n\"}");
    var invoke =
        TestGateway.invoke("request-01", 1, Kind.AGENT_EXECUTE, payload).of(TestGateway.newId());

    assertThat(run(invoke).error()).isEqualTo("FORBIDDEN");
  }

  @Test
  void whatTheGatewayDroppedIsForgotten() throws Exception {
    var first = gateway.connection();
    gateway.send(TestGateway.shell("request-01", 1, "echo kept"));
    gateway.next(ToolResult.class);
    gateway.drop(new Held("request-01", 1));

    first.close().await();
    gateway.connection();

    Eventually.is("the journal is empty", () -> journalled() == 0);
  }

  @Test
  void survivesWhateverTheGatewaySends() throws Exception {
    gateway.connection();
    gateway.next(Hello.class);
    var random = new Random(42);
    var real = new String(Json.write(TestGateway.shell("r0", 1, "true")), StandardCharsets.UTF_8);
    for (int i = 0; i < 2_000; i++) gateway.sendText(damaged(real, random));
    gateway.sendText("[".repeat(5_000));
    gateway.sendText("{\"type\":\"session_open\"}");
    gateway.sendText("{\"type\":\"dispatch_cancel\"}");
    gateway.sendText("{\"type\":\"result_ack\"}");
    gateway.sendText("{\"type\":\"executor_welcome_v2\",\"heartbeatMs\":-1,\"drop\":[null]}");

    gateway.send(TestGateway.shell("last", 1, "echo alive"));
    ToolResult result;
    do {
      result = gateway.next(ToolResult.class);
      gateway.acknowledge(result);
    } while (!result.requestId().equals("last"));
    assertThat(output(result).get("stdout").asText()).isEqualTo("alive\n");
  }

  private static String damaged(String frame, Random random) {
    var bytes = new StringBuilder(frame);
    for (int n = 1 + random.nextInt(4); n > 0; n--) {
      int at = random.nextInt(bytes.length());
      switch (random.nextInt(3)) {
        case 0 -> bytes.setCharAt(at, (char) (' ' + random.nextInt(95)));
        case 1 -> bytes.deleteCharAt(at);
        default -> bytes.setLength(Math.max(1, at));
      }
    }
    // What is still a task must not fill the table.
    return bytes.toString().replace("\"script\"", "\"skript\"");
  }

  @Test
  void stoppingEndsWhatDoesNotEndByItselfAndDeliversWhatIsDone() throws Exception {
    gateway.connection();
    var started = directory.resolve("started");
    gateway.send(TestGateway.shell("quick", 1, "sleep 0.3; echo done"));
    gateway.send(
        TestGateway.shell(
            "slow",
            1,
            "trap '' TERM; export TRACE=%s; touch %s; sleep 300; sleep 300"
                .formatted(directory, started)));
    Eventually.is("the script runs", () -> Files.exists(started));
    var stopping = Thread.ofVirtual().start(() -> agent.stop(Duration.ofMillis(1_500)));

    var result = gateway.next(ToolResult.class);
    gateway.acknowledge(result);
    stopping.join();

    assertThat(result.requestId()).isEqualTo("quick");
    assertThat(gateway.poll(ToolResult.class, 200)).isNull();
    assertThat(Eventually.processWith("TRACE=" + directory)).isFalse();
    assertThat(journalled()).isZero();
  }
}
