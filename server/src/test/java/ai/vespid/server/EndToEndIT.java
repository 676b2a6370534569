package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole as users start it: the launcher, the server, its embedded stores and the agent are
 * processes of their own; everything is said over HTTP. The tests build on each other, in order.
 */
@TestMethodOrder(OrderAnnotation.class)
@Timeout(value = 180)
final class EndToEndIT {
  private static final long STEP_NANOS = 100_000_000;

  @TempDir private static Path folder;
  private static int apiPort;
  private static int gatewayPort;
  private static Process up;
  private static Calls calls;
  private static JsonObject running;

  @BeforeAll
  static void start() throws IOException {
    apiPort = freePort(21_000);
    gatewayPort = freePort(23_000);
    launch();
  }

  @AfterAll
  static void stop() throws InterruptedException {
    calls.close();
    terminate();
    until("no process of this home is left", () -> processesNaming(home().toString()).isEmpty());
  }

  private static Path home() {
    return folder.resolve("home");
  }

  private static void launch() throws IOException {
    var builder =
        new ProcessBuilder(Path.of("../vespid").toAbsolutePath().normalize().toString(), "up")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("up.log").toFile()));
    var environment = builder.environment();
    environment.keySet().removeIf(name -> name.matches("(GATEWAY|API|VESPID|DATABASE|REDIS)_.*"));
    environment.put("VESPID_HOME", home().toString());
    environment.put("API_PORT", "" + apiPort);
    environment.put("GATEWAY_PORT", "" + gatewayPort);
    environment.put("GATEWAY_WS_URL", "ws://localhost:" + gatewayPort + "/ws/executor");
    environment.put("GATEWAY_HTTP_URL", "http://localhost:" + gatewayPort);
    up = builder.start();
    until("up.json is there", () -> Files.exists(home().resolve("up.json")) || !up.isAlive());
    assertThat(up.isAlive()).as(log()).isTrue();
    running = new JsonObject(Files.readString(home().resolve("up.json")));
    calls = new Calls(secret("GATEWAY_SERVICE_TOKEN"));
    until("an agent is connected", () -> !routes().isEmpty());
  }

  private static void terminate() throws InterruptedException {
    up.destroy();
    assertThat(up.waitFor(60, TimeUnit.SECONDS)).as("it stops when told").isTrue();
  }

  @Test
  @Order(1)
  void runsAScriptThatWritesAFileAndSpeaksOnBothStreams() {
    var body = shell("echo out; echo err >&2; mkdir -p d; echo kept > d/file");
    var first = dispatch(body).body();
    assertThat(first.getString("status")).isEqualTo("succeeded");
    assertThat(first.getJsonObject("output").getString("stdout")).isEqualTo("out\n");
    assertThat(first.getJsonObject("output").getString("stderr")).isEqualTo("err\n");

    var next = shell("cat d/file").put("runId", body.getString("runId")).put("nodeId", "n2");
    assertThat(dispatch(next).body().getJsonObject("output").getString("stdout"))
        .isEqualTo("kept\n");
    assertThat(calls.get(gateway("/internal/v1/results/" + id(body))).body()).isEqualTo(first);
  }

  @Test
  @Order(2)
  void tellsTheExitCodeOfAFailingScript() {
    var failed = dispatch(shell("echo before; exit 7")).body();

    assertThat(failed.getString("error")).isEqualTo("HOST_EXIT_CODE:7");
    assertThat(failed.getJsonObject("output").getString("stdout")).isEqualTo("before\n");
  }

  @Test
  @Order(3)
  void leavesNoProcessOfAScriptThatRanOutOfTime() {
    var body =
        shell("nohup sleep 86123 & setsid sleep 86123 & sleep 86123").put("timeoutMs", 1_500);

    assertThat(dispatch(body).body().getString("error")).isEqualTo("NODE_EXECUTION_TIMEOUT");
    until("its processes are gone", () -> processesNaming("86123").isEmpty());
  }

  @Test
  @Order(4)
  void answersTwoThousandConcurrentDispatchesEachWithItsOwn()
      throws InterruptedException, ExecutionException {
    var answers = new ArrayList<Future<Calls.Reply>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 2_000; i++) {
        var body = (i % 10 == 0 ? shell("echo answer-" + i) : bare("node-" + i));
        body.put("maxWaitMs", 90_000).put("timeoutMs", 120_000);
        answers.add(threads.submit(() -> dispatch(body)));
      }
      for (int i = 0; i < answers.size(); i++) {
        var answer = answers.get(i).get();
        assertThat(answer.status()).isEqualTo(200);
        var output = answer.body().getJsonObject("output");
        if (i % 10 == 0) assertThat(output.getString("stdout")).isEqualTo("answer-" + i + "\n");
        else assertThat(output.getString("taskId")).isEqualTo("node-" + i + "-remote-task");
      }
    }
  }

  @Test
  @Order(5)
  void servesAResultAfterARestartOfTheServer() throws Exception {
    var sync = shell("echo sync");
    var async = shell("echo async");
    dispatch(sync);
    assertThat(calls.post(gateway("/internal/v1/dispatch-async"), async).status()).isEqualTo(201);
    until("the result is there", () -> result(async).status() == 200);
    terminate();
    launch();

    for (var body : List.of(sync, async)) {
      assertThat(result(body).body().getString("status")).isEqualTo("succeeded");
    }
  }

  @Test
  @Order(6)
  void losesNothingAcceptedWhenTheServerIsKilled() throws Exception {
    var async = shell("sleep 3; echo survived").put("timeoutMs", 120_000);
    assertThat(calls.post(gateway("/internal/v1/dispatch-async"), async).status()).isEqualTo(201);
    until("the agent has it", () -> state(async).equals("assigned"));
    up.destroyForcibly();
    assertThat(up.waitFor(10, TimeUnit.SECONDS)).isTrue();
    Files.deleteIfExists(home().resolve("up.json"));
    launch();
    until("the result is there", () -> result(async).status() == 200);

    assertThat(result(async).body().getJsonObject("output").getString("stdout"))
        .isEqualTo("survived\n");
  }

  @Test
  @Order(7)
  void disconnectsARevokedAgentWithinASecond() {
    var login =
        calls.post(
            api("/v1/auth/login"),
            Map.of(),
            new JsonObject()
                .put("email", running.getString("ownerEmail"))
                .put("password", secret("OWNER_PASSWORD")));
    var token = login.body().getJsonObject("session").getString("token");
    var organization = running.getString("organizationId");
    var headers = Map.of("Authorization", "Bearer " + token, "X-Org-Id", organization);
    var agents = api("/v1/orgs/" + organization + "/agents");
    // The agent that outlived the killed server may still be changing places with the new one.
    until("the agent is online", () -> "online".equals(agent(agents, headers).getString("status")));
    var online = agent(agents, headers);
    long begun = System.nanoTime();
    var revoked =
        calls.post(agents + "/" + online.getString("id") + "/revoke", headers, new JsonObject());
    assertThat(revoked.status()).isEqualTo(200);
    until("it is routed no more", () -> !routes().contains(online.getString("id")));

    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun)).isLessThan(1_000);
    assertThat(agent(agents, headers).getString("status")).isEqualTo("revoked");
  }

  @Test
  @Order(8)
  void saysThatNobodyCanTakeIt() {
    var body = bare("n").put("executorSelector", Map.of("pool", "byon", "tag", "no-such-tag"));
    var answer = dispatch(body);

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.field("code")).isEqualTo("NO_AGENT_AVAILABLE");
  }

  @Test
  @Order(9)
  void countsWhatItDid() throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(gateway("/internal/v1/metrics")))
            .header("x-gateway-token", secret("GATEWAY_SERVICE_TOKEN"))
            .build();
    try (var http = HttpClient.newHttpClient()) {
      var text = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
      assertThat(text)
          .contains("vespid_dispatch_submitted_total{mode=\"sync\"}")
          .contains("vespid_dispatch_refused_total{code=\"NO_AGENT_AVAILABLE\"} 1.0")
          .contains("vespid_edge_sockets");
    }
  }

  @Test
  @Order(10)
  void hasToldItsSecretsToNoLog() throws IOException {
    var logs = log() + Files.readString(home().resolve("agent/agent.log"));
    new JsonObject(Files.readString(home().resolve("secrets.json")))
        .forEach(secret -> assertThat(logs).doesNotContain(secret.getValue().toString()));
    var agent = new JsonObject(Files.readString(home().resolve("agent/agent.json")));

    assertThat(logs).doesNotContain(agent.getString("executorToken"));
  }

  private static JsonObject agent(String agents, Map<String, String> headers) {
    return calls.get(agents, headers).body().getJsonArray("agents").getJsonObject(0);
  }

  private static JsonObject shell(String script) {
    var task = new JsonObject().put("type", "shell").put("script", script);
    var node =
        new JsonObject()
            .put("id", "n1")
            .put("type", "agent.execute")
            .put("config", new JsonObject().put("task", task));
    var body = bare("n1");
    body.getJsonObject("payload").put("node", node);
    return body;
  }

  private static JsonObject bare(String nodeId) {
    return new JsonObject()
        .put("organizationId", running.getString("organizationId"))
        .put("requestedByUserId", running.getString("userId"))
        .put("runId", UUID.randomUUID().toString())
        .put("workflowId", UUID.randomUUID().toString())
        .put("nodeId", nodeId)
        .put("nodeType", "agent.execute")
        .put("attemptCount", 1)
        .put("kind", "agent.execute")
        .put("payload", new JsonObject().put("nodeId", nodeId))
        .put("timeoutMs", 30_000);
  }

  private static Calls.Reply dispatch(JsonObject body) {
    return calls.post(gateway("/internal/v1/dispatch"), body);
  }

  private static Calls.Reply result(JsonObject body) {
    return calls.get(gateway("/internal/v1/results/" + id(body)));
  }

  private static String state(JsonObject body) {
    return calls.get(gateway("/internal/v1/dispatches/" + id(body) + "/explain")).field("state");
  }

  private static String id(JsonObject body) {
    return body.getString("runId") + ":" + body.getString("nodeId") + ":1";
  }

  private static String gateway(String path) {
    return "http://127.0.0.1:" + gatewayPort + path;
  }

  private static String api(String path) {
    return "http://127.0.0.1:" + apiPort + path;
  }

  private static List<String> routes() {
    var path =
        "/internal/v1/executors/routes?organizationId=" + running.getString("organizationId");
    return calls.get(gateway(path)).body().getJsonArray("routes", new JsonArray()).stream()
        .map(route -> ((JsonObject) route).getString("executorId"))
        .toList();
  }

  private static String secret(String name) {
    try {
      return new JsonObject(Files.readString(home().resolve("secrets.json"))).getString(name);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String log() {
    try {
      return Files.readString(folder.resolve("up.log"));
    } catch (IOException e) {
      return "";
    }
  }

  private static List<ProcessHandle> processesNaming(String text) {
    return ProcessHandle.allProcesses()
        .filter(p -> p.info().commandLine().orElse("").contains(text))
        .toList();
  }

  private static int freePort(int from) throws IOException {
    for (int port = from; port < from + 1_000; port++) {
      try (var _ = new ServerSocket(port)) {
        return port;
      } catch (BindException taken) {
        continue;
      }
    }
    throw new IOException("no free port");
  }

  private static void until(String what, BooleanSupplier condition) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("%s%n%s", what, log()).isLessThan(limit);
      LockSupport.parkNanos(STEP_NANOS);
    }
  }
}
