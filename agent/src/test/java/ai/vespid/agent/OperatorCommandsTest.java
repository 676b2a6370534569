package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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

/** The command line and the pages of a real agent. */
class OperatorCommandsTest {
  @TempDir Path directory;

  private final TestGateway gateway = new TestGateway();
  private final List<Process> processes = new ArrayList<>();

  private record Said(int code, String text) {}

  @AfterEach
  void stop() throws InterruptedException {
    for (var process : processes) process.destroyForcibly().waitFor();
    gateway.close();
  }

  private Path config() {
    return directory.resolve("home/agent.yaml");
  }

  private Process command(Map<String, String> environment, String... arguments) throws IOException {
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
            .redirectError(ProcessBuilder.Redirect.appendTo(directory.resolve("errors").toFile()));
    builder.environment().put("VESPID_AGENT_CONFIG_PATH", config().toString());
    builder.environment().putAll(environment);
    var process = builder.start();
    processes.add(process);
    return process;
  }

  private Said say(String... arguments) throws Exception {
    var process = command(Map.of(), arguments);
    var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return new Said(process.exitValue(), text);
  }

  private Process start(Map<String, String> environment) throws Exception {
    Files.createDirectories(config().getParent());
    Files.writeString(
        config(),
        """
        executorId: %s
        executorToken: %s
        organizationId: %s
        gatewayWsUrl: %s
        settings:
          workspaces: %s
          stopGraceMs: 15000
          log: {format: json}
        """
            .formatted(
                TestGateway.EXECUTOR,
                TestGateway.TOKEN,
                TestGateway.ORGANIZATION,
                gateway.url(),
                directory.resolve("ws")));
    var agent = command(environment, "start");
    gateway.next(Hello.class);
    return agent;
  }

  @Test
  void theCommandLineSeesTheAgentReadsItsLogAndStopsItWhenItsWorkIsDone() throws Exception {
    assertThat(say("status")).isEqualTo(new Said(3, "stopped\n"));
    assertThat(say("stop")).isEqualTo(new Said(0, "it does not run\n"));
    var agent = start(Map.of());
    var socket = config().resolveSibling("agent.sock");
    if (Files.exists(socket)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
          .isEqualTo("rw-------");
    }

    var status = say("status");
    gateway.send(TestGateway.shell("request-01", 1, "sleep 2; echo finished"));
    var stopped = say("stop");

    assertThat(status.code()).isZero();
    assertThat(status.text())
        .contains("process    " + agent.pid(), "connected  yes", "tasks      0 of 10")
        .contains("sandbox    host: works")
        .doesNotContain("secret-token");
    assertThat(stopped).isEqualTo(new Said(0, "stopped\n"));
    assertThat(gateway.next(ToolResult.class).output().text()).contains("finished");
    assertThat(agent.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(agent.exitValue()).isZero();
    var logs = say("logs", "-n", "50");
    assertThat(logs.text().lines())
        .anyMatch(line ->
            line.startsWith("{\"timestamp\":\"")
                && line.contains("\"level\":\"info\"")
                && line.contains("\"component\":\"Link\"")
                && line.contains("\"message\":\"executor_connected\""));
    assertThat(logs.text()).doesNotContain("secret-token").doesNotContain("finished");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(config().resolveSibling("agent.log"))))
        .isEqualTo("rw-------");
  }

  private static HttpResponse<String> get(int port, String path, String... headers)
      throws Exception {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    if (headers.length > 0) request.headers(headers);
    try (var client = HttpClient.newHttpClient()) {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void itsPagesTellHowItIsToThisMachineAlone() throws Exception {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    start(Map.of("VESPID_AGENT_HTTP_PORT", "" + port, "VESPID_AGENT_EXEC_BACKEND", "host"));
    gateway.send(TestGateway.shell("request-01", 1, "true"));
    gateway.next(ToolResult.class);

    var health = get(port, "/health");
    assertThat(health.statusCode()).isEqualTo(200);
    assertThat(health.body())
        .contains("\"status\":\"ok\"", "\"connected\":true", "\"host\":\"works\"")
        .doesNotContain("secret-token");
    assertThat(get(port, "/live").statusCode()).isEqualTo(200);
    Eventually.is(
        "the task is counted",
        () ->
            get(port, "/metrics")
                .body()
                .contains("vespid_agent_tasks_total{outcome=\"succeeded\"} 1"));
    assertThat(get(port, "/debug/threads").statusCode()).as("off by default").isEqualTo(404);
    assertThat(get(port, "/other").statusCode()).isEqualTo(404);
    assertThat(listensOnlyOnLoopback(port)).isTrue();

    gateway.close();
    Eventually.is("it is not connected", () -> get(port, "/health").statusCode() == 503);
    assertThat(get(port, "/live").statusCode()).isEqualTo(200);
  }

  // The kernel's table has the address in hexadecimal, its bytes turned round.
  private static boolean listensOnlyOnLoopback(int port) throws IOException {
    var wanted = ":%04X".formatted(port);
    for (var table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      for (var line : Files.readAllLines(Path.of(table))) {
        var fields = line.strip().split("\\s+");
        boolean listens = fields[1].endsWith(wanted) && fields[3].equals("0A");
        if (listens && !fields[1].matches("0100007F:.*|0{16}FFFF00000100007F:.*")) return false;
      }
    }
    return true;
  }

  @Test
  void diagnosticsAreServedWhenTheyAreAskedFor() throws Exception {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    start(Map.of("VESPID_AGENT_HTTP_PORT", "" + port, "VESPID_AGENT_DIAGNOSTICS", "true"));
    Eventually.is("it listens", () -> listens(port));

    assertThat(get(port, "/debug/threads").body()).contains("vert.x-eventloop-thread");
    assertThat(get(port, "/debug/heap").body()).contains("java.lang.String");
    // As every recording begins.
    assertThat(get(port, "/debug/jfr?seconds=1").body()).startsWith("FLR");
  }

  private static boolean listens(int port) throws Exception {
    try {
      return get(port, "/live").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void everySettingIsShownWithoutSecretsAndAFileOfAllIsNeverReplacedUnasked() throws Exception {
    var shown = command(Map.of("VESPID_AGENT_EXECUTOR_TOKEN", "secret-token"), "config");
    var text = new String(shown.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(text).contains("VESPID_AGENT_DOCKER_MEMORY_MB", "(set)").doesNotContain("secret-t");

    var file = directory.resolve("all.yaml");
    assertThat(say("config", "--write", file.toString()).code()).isZero();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(file)).contains("# docker.memoryMb:", "settings:");
    assertThat(say("config", "--write", file.toString()).code()).isOne();
    assertThat(say("config", "--write", file.toString(), "--force").code()).isZero();
    assertThat(Configuration.read(Map.of(), file).problems().found()).isEmpty();
  }

  @Test
  void everythingThatIsWrongIsNamedBeforeTheAgentStarts() throws Exception {
    Files.createDirectories(config().getParent());
    Files.writeString(config(), "executorId: x\nsettings: {backnd: docker, stopGraceMs: soon}\n");

    assertThat(say("start").code()).isOne();

    assertThat(Files.readString(directory.resolve("errors")))
        .contains("settings.backnd is no setting; did you mean backend?")
        .contains("settings.stopGraceMs must be a number")
        .contains("executorId must be a UUID")
        .contains("executorToken is required")
        .contains("gatewayWsUrl is required")
        .contains("organizationId is required");
  }
}
