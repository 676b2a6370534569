package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program itself, as a process that can be killed. */
class AgentProcessTest {
  @TempDir Path directory;

  private final TestGateway gateway = new TestGateway();
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void stop() throws InterruptedException {
    for (var process : processes) process.destroyForcibly().waitFor();
    gateway.close();
  }

  private Process agent(Map<String, String> environment, String... arguments) throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "ai.vespid.agent.AgentCommand"));
    command.addAll(List.of(arguments));
    var builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(
                ProcessBuilder.Redirect.appendTo(directory.resolve("agent.log").toFile()));
    builder.environment().put("VESPID_AGENT_CONFIG_PATH", config().toString());
    builder
        .environment()
        .put("VESPID_EXECUTOR_WORKSPACE_CACHE_ROOT", directory.resolve("ws").toString());
    builder.environment().putAll(environment);
    var process = builder.start();
    processes.add(process);
    return process;
  }

  private Process start() throws IOException {
    return agent(
        Map.of("VESPID_AGENT_EXECUTOR_TOKEN", TestGateway.TOKEN, "VESPID_AGENT_STOP_GRACE_MS", "0"),
        "start",
        "--pool",
        "byon",
        "--executor-id",
        TestGateway.EXECUTOR,
        "--organization-id",
        TestGateway.ORGANIZATION,
        "--gateway-ws-url",
        gateway.url());
  }

  private Path config() {
    return directory.resolve("home/agent.json");
  }

  private String log() throws IOException {
    return Files.readString(directory.resolve("agent.log"));
  }

  private String failureOf(Process process) throws Exception {
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isOne();
    return log().strip();
  }

  @Test
  void aResultOutlivesAKillAndWhatTheKilledAgentLeftRunningIsEnded() throws Exception {
    var first = start();
    var before = gateway.next(Hello.class);
    gateway.send(TestGateway.shell("request-01", 1, "echo kept"));
    var script = "export TRACE=%s; touch %s; sleep 300";
    var started = directory.resolve("started");
    gateway.send(TestGateway.shell("request-02", 1, script.formatted(directory, started)));
    gateway.next(ToolResult.class);
    Eventually.is("the script runs", () -> Eventually.processWith("TRACE=" + directory));

    first.destroyForcibly().waitFor();
    assertThat(Eventually.processWith("TRACE=" + directory)).isTrue();
    start();

    var after = helloOfAnother(before);
    assertThat(after.finished()).containsExactly(new Held("request-01", 1));
    assertThat(after.inFlight()).isEmpty();
    var again = gateway.next(ToolResult.class);
    assertThat(again.output().text()).contains("\"stdout\":\"kept\\n\"");
    gateway.acknowledge(again);
    assertThat(Eventually.processWith("TRACE=" + directory)).isFalse();
    assertThat(log()).doesNotContain("secret-token").doesNotContain("kept");
  }

  // One process says hello again whenever what it can do has changed.
  private Hello helloOfAnother(Hello before) throws InterruptedException {
    while (true) {
      var hello = gateway.next(Hello.class);
      if (!hello.bootId().equals(before.bootId())) return hello;
    }
  }

  @Test
  void withoutOfflineModeItEndsWhenThereIsNoGateway() throws Exception {
    var arguments =
        new String[] {"start", "--executor-id", TestGateway.EXECUTOR, "--gateway-ws-url"};
    var command = new ArrayList<>(List.of(arguments));
    command.add("ws://127.0.0.1:9/ws/executor");
    var process =
        agent(
            Map.of(
                "VESPID_AGENT_EXECUTOR_TOKEN",
                TestGateway.TOKEN,
                "VESPID_AGENT_OFFLINE_MODE",
                "false",
                "VESPID_AGENT_RETRY_FIRST",
                "10ms",
                "VESPID_AGENT_RETRY_ATTEMPTS",
                "2",
                "VESPID_AGENT_UNSAFE_MANAGED",
                "true",
                "VESPID_AGENT_SANDBOXES",
                "host"),
            command.toArray(String[]::new));

    assertThat(failureOf(process)).contains("REGISTRATION_FAILED: GATEWAY_UNREACHABLE");
    assertThat(log().lines().filter(line -> line.contains("cannot be reached"))).hasSize(3);
  }

  @Test
  void aTerminationEndsScriptsThatIgnoreIt() throws Exception {
    var agent = start();
    gateway.next(Hello.class);
    var script = "trap '' TERM; export TRACE=%s; sleep 300 & sleep 300; sleep 300";
    gateway.send(TestGateway.shell("request-01", 1, script.formatted(directory)));
    Eventually.is("the script runs", () -> Eventually.processWith("TRACE=" + directory));

    agent.destroy();

    assertThat(agent.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(Eventually.processWith("TRACE=" + directory)).isFalse();
  }

  @Test
  void aSecondAgentWithTheSameConfigIsRefused() throws Exception {
    start();
    gateway.next(Hello.class);

    var second = start();

    assertThat(second.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(second.exitValue()).isOne();
    assertThat(log()).contains("AGENT_ALREADY_RUNNING: ");
  }

  @Test
  void withoutAConfigItSaysHowToGetOne() throws Exception {
    assertThat(failureOf(agent(Map.of(), "start")))
        .isEqualTo(
            "EXECUTOR_CONFIG_INVALID: cannot read " + config() + "; pair first with 'connect'");
  }

  @Test
  void whatIsWrongIsSaidBeforeThePairingTokenIsSpent() throws Exception {
    var tooMany =
        agent(
            Map.of("VESPID_AGENT_PAIRING_TOKEN", "token"),
            "connect",
            "--api-base",
            "http://127.0.0.1:1",
            "--max-in-flight",
            "500");

    assertThat(failureOf(tooMany)).startsWith("EXECUTOR_CONFIG_INVALID: maxInFlight");
  }

  @Test
  void anApiThatIsNotThereIsNamed() throws Exception {
    var agent =
        agent(
            Map.of("VESPID_AGENT_PAIRING_TOKEN", "token"),
            "connect",
            "--api-base",
            "http://localhost:1");

    assertThat(failureOf(agent)).isEqualTo("PAIRING_API_UNREACHABLE:http://127.0.0.1:1");
    assertThat(config()).doesNotExist();
  }

  @Test
  void pairsRemembersAndConnects() throws Exception {
    var api = api(201, "{%s}");
    try {
      var environment = Map.of("VESPID_AGENT_PAIRING_TOKEN", "the-pairing-token");
      agent(environment, "connect", "--api-base", url(api), "--name", "me", "--tags", "a,b");

      var hello = gateway.next(Hello.class);

      assertThat(hello.name()).isEqualTo("me");
      assertThat(hello.labels()).containsExactly("a", "b");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(config())))
          .isEqualTo("rw-------");
      assertThat(log()).doesNotContain("the-pairing-token").doesNotContain("secret-token");
    } finally {
      api.stop(0);
    }
  }

  @Test
  void aRefusedPairingTokenHasTheCodeOfTheApi() throws Exception {
    var api = api(401, "{\"code\":\"PAIRING_TOKEN_INVALID\",\"message\":\"no\"}");
    try {
      var environment = Map.of("VESPID_AGENT_PAIRING_TOKEN", "spent");

      assertThat(failureOf(agent(environment, "connect", "--api-base", url(api))))
          .isEqualTo("PAIRING_TOKEN_INVALID");
    } finally {
      api.stop(0);
    }
  }

  private static String url(HttpServer api) {
    return "http://localhost:" + api.getAddress().getPort();
  }

  private HttpServer api(int status, String answer) throws IOException {
    var paired =
        "\"executorId\":\"%s\",\"executorToken\":\"%s\",\"organizationId\":\"%s\",\"gatewayWsUrl\":\"%s\""
            .formatted(
                TestGateway.EXECUTOR, TestGateway.TOKEN, TestGateway.ORGANIZATION, gateway.url());
    var bytes = answer.formatted(paired).getBytes(StandardCharsets.UTF_8);
    var api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    api.createContext(
        "/v1/agents/pair",
        exchange -> {
          try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
          }
        });
    api.start();
    return api;
  }
}
