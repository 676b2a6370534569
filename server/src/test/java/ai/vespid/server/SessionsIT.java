package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The six steps of "Verifying Interactive Session v2" of seed 001, with two real agents: the one
 * {@code vespid up} brings is the organization's own, the other one is of the managed pool. All are
 * processes of their own; the tests build on each other, in order.
 */
@TestMethodOrder(OrderAnnotation.class)
@Timeout(180)
final class SessionsIT {
  private static final long STEP_NANOS = 100_000_000;

  @TempDir private static Path folder;
  private static int apiPort;
  private static int gatewayPort;
  private static Process up;
  private static Process managed;
  private static Calls calls;
  private static JsonObject running;
  private static Map<String, String> headers;
  private static Screen screen;
  private static String sessionId;
  private static String hosted;

  @BeforeAll
  static void start() throws IOException {
    HostEngine.install(folder);
    apiPort = freePort();
    gatewayPort = freePort();
    up = vespid("up.log", "up");
    until("up.json is there", () -> Files.exists(home().resolve("up.json")) || !up.isAlive());
    assertThat(up.isAlive()).as(log()).isTrue();
    running = new JsonObject(Files.readString(home().resolve("up.json")));
    calls = new Calls(secret("GATEWAY_SERVICE_TOKEN"));
    headers = login();
  }

  @AfterAll
  static void stop() throws InterruptedException {
    if (screen != null) screen.close();
    if (managed != null) managed.destroyForcibly();
    signal("CONT");
    up.destroy();
    assertThat(up.waitFor(60, TimeUnit.SECONDS)).isTrue();
    calls.close();
  }

  private static Process vespid(String log, String... arguments) throws IOException {
    var command = new ArrayList<>(List.of(Path.of("../vespid").toAbsolutePath().toString()));
    command.addAll(List.of(arguments));
    var builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve(log).toFile()));
    var environment = builder.environment();
    environment.keySet().removeIf(name -> name.matches("(GATEWAY|API|VESPID|DATABASE|REDIS)_.*"));
    environment.put("VESPID_HOME", home().toString());
    environment.put("API_PORT", "" + apiPort);
    environment.put("GATEWAY_PORT", "" + gatewayPort);
    environment.put("GATEWAY_WS_URL", "ws://localhost:" + gatewayPort + "/ws/executor");
    environment.put("GATEWAY_HTTP_URL", "http://localhost:" + gatewayPort);
    environment.put("GATEWAY_AGENT_STALE_MS", "20000");
    environment.put("VESPID_CLAUDE_CODE_PATH", folder.resolve("claude").toString());
    return builder.start();
  }

  @Test
  @Order(1)
  void startsAGatewayWithOneAgentOfItsOwnAndAManagedOne() throws IOException {
    var issued =
        calls
            .post(
                api("/internal/v1/managed-executors/issue"),
                Map.of("x-gateway-token", secret("GATEWAY_SERVICE_TOKEN")),
                new JsonObject().put("name", "pool"))
            .body();
    managed = ManagedAgent.start(folder, issued);

    until("its own agent is connected", () -> connected() == 1);
    until("the managed one is connected", () -> sockets() == 2);
  }

  @Test
  @Order(2)
  void createsASession() {
    var session = create("ada", "scripted");
    sessionId = session.getString("id");
    // Another one, whose engine is a program of the host.
    hosted = create("bob", "gateway.claude.v2").getString("id");
    say(hosted, "my name is Ada");

    assertThat(session.getString("scope")).isEqualTo("per-channel-peer");
    assertThat(session.getString("executionMode")).isEqualTo("pinned-node-host");
  }

  private static JsonObject create(String peer, String engineId) {
    var body =
        new JsonObject()
            .put("scope", "per-channel-peer")
            .put("peer", peer)
            .put("channel", "web")
            .put("executionMode", "pinned-node-host")
            .put("engine", new JsonObject().put("id", engineId))
            .put("prompt", new JsonObject().put("instructions", "Help."))
            .put("tools", new JsonObject().put("allow", new JsonArray().add("shell.run")));
    var created = calls.post(org("/sessions"), headers, body);
    assertThat(created.status()).as("%s", created).isEqualTo(201);
    return created.body().getJsonObject("session");
  }

  @Test
  @Order(3)
  void takesATurnAndStreamsItToTheViewer() {
    screen = new Screen(running.getString("clientUrl"), headers);
    screen.join(sessionId);
    assertThat(screen.await("session_ack").getString("sessionId")).isEqualTo(sessionId);
    say("my name is Ada\nrun echo from the first host > kept; cat kept");

    assertThat(screen.await("agent_delta").getString("content")).isNotEmpty();
    var answer = screen.await("agent_final").getString("content");
    assertThat(answer).startsWith("[scripted] ").contains("from the first host");
    assertThat(session().getString("pinnedExecutorPool")).isEqualTo("byon");
  }

  @Test
  @Order(4)
  void goesOnOnTheManagedHostWhenItsOwnIsLostInTheMiddle() {
    turns(hosted, 1);
    signal("STOP");
    until("its own agent is gone", () -> connected() == 0);
    say("run cat kept\nrecall");
    var event = screen.await(SessionsIT::isFailover);
    var failover = event.getJsonObject("payload");
    var answer = screen.await("agent_final").getString("content");

    assertThat(failover.getJsonObject("from").getString("pool")).isEqualTo("byon");
    assertThat(failover.getJsonObject("to").getString("pool")).isEqualTo("managed");
    assertThat(event.getString("level")).isEqualTo("warn");
    assertThat(events()).anyMatch(SessionsIT::isFailover);
    // The second half knows the first: what was said, and the files.
    assertThat(answer).contains("- my name is Ada").contains("from the first host");
    assertThat(session().getString("pinnedExecutorPool")).isEqualTo("managed");
  }

  @Test
  @Order(5)
  void anEngineOfTheNextHostKnowsWhatWasSaidToThatOfTheFirst() {
    var before = turns(hosted, 1);
    say(hosted, "who am I?");
    var after = turns(hosted, 2);

    assertThat(before.getLast()).isEqualTo("I know 0 messages, Ada.");
    assertThat(after.getLast()).isEqualTo("I know 2 messages, Ada.");
    assertThat(events(hosted)).anyMatch(SessionsIT::isFailover);
  }

  /** The answers of a session, as soon as there are so many. */
  private static List<String> turns(String session, int count) {
    until("it has answered", () -> answers(session).size() == count);
    return answers(session);
  }

  private static List<String> answers(String session) {
    return events(session).stream()
        .filter(event -> event.getString("eventType").equals("agent_final"))
        .map(event -> event.getJsonObject("payload").getString("message"))
        .toList();
  }

  private static boolean isFailover(JsonObject event) {
    return "system".equals(event.getString("eventType"))
        && "session_executor_failover".equals(event.getJsonObject("payload").getString("action"));
  }

  @Test
  @Order(6)
  void failsPlainlyWhenBothPoolsAreUnavailable() throws InterruptedException {
    managed.destroyForcibly().waitFor();
    until("nobody is connected", () -> sockets() == 0);
    say("is anybody there?");
    var error = screen.await(frame -> "error".equals(frame.getString("eventType")));

    assertThat(error.getJsonObject("payload").getString("code")).isEqualTo("NO_AGENT_AVAILABLE");
    long last = error.getLong("seq");
    assertThat(screen.seqs()).isEqualTo(LongStream.rangeClosed(0, last).boxed().toList());
  }

  @Test
  @Order(7)
  void talksOnTheTerminalWhenItsHostIsBack() throws IOException, InterruptedException {
    signal("CONT");
    until("its own agent is connected", () -> connected() == 1);
    var chat = vespid("chat.log", "chat", "--session", sessionId);
    try (var in = chat.outputWriter()) {
      in.write("are you there?\nrun cat kept\n");
    }
    assertThat(chat.waitFor(60, TimeUnit.SECONDS)).isTrue();
    var shown = Files.readString(folder.resolve("chat.log"));

    assertThat(chat.exitValue()).as(shown).isZero();
    assertThat(shown)
        .contains("> my name is Ada")
        .contains("! NO_AGENT_AVAILABLE")
        .contains("[scripted] You said: are you there?")
        .contains("* shell.run {\"script\":\"cat kept\"}")
        .contains("from the first host");
  }

  private static void say(String message) {
    say(sessionId, message);
  }

  private static void say(String session, String message) {
    var body = new JsonObject().put("message", message);
    var said = calls.post(org("/sessions/" + session + "/messages"), headers, body);
    assertThat(said.status()).as("%s", said).isEqualTo(202);
  }

  private static JsonObject session() {
    return calls.get(org("/sessions/" + sessionId), headers).body().getJsonObject("session");
  }

  private static List<JsonObject> events() {
    return events(sessionId);
  }

  private static List<JsonObject> events(String session) {
    return calls
        .get(org("/sessions/" + session + "/events"), headers)
        .body()
        .getJsonArray("events")
        .stream()
        .map(JsonObject.class::cast)
        .toList();
  }

  private static Map<String, String> login() {
    var login =
        calls.post(
            api("/v1/auth/login"),
            Map.of(),
            new JsonObject()
                .put("email", running.getString("ownerEmail"))
                .put("password", secret("OWNER_PASSWORD")));
    var token = login.body().getJsonObject("session").getString("token");
    return Map.of(
        "Authorization", "Bearer " + token, "X-Org-Id", running.getString("organizationId"));
  }

  /** How many of the organization's own agents are connected. */
  private static int connected() {
    var path =
        "/internal/v1/executors/routes?organizationId=" + running.getString("organizationId");
    return calls.get(gateway(path)).body().getJsonArray("routes", new JsonArray()).size();
  }

  /** How many agents are connected. */
  private static int sockets() {
    var body = calls.get(gateway("/internal/v1/metrics")).body().getString("body", "");
    return body.lines()
        .filter(line -> line.startsWith("vespid_edge_sockets"))
        .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** What the operating system does to the local agent. */
  private static void signal(String name) {
    try {
      var pid = Files.readString(home().resolve("agent/agent.pid")).strip();
      new ProcessBuilder("kill", "-" + name, pid).start().waitFor();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static Path home() {
    return folder.resolve("home");
  }

  private static String gateway(String path) {
    return "http://127.0.0.1:" + gatewayPort + path;
  }

  private static String api(String path) {
    return "http://127.0.0.1:" + apiPort + path;
  }

  private static String org(String path) {
    return api("/v1/orgs/" + running.getString("organizationId") + path);
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

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void until(String what, BooleanSupplier condition) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("%s%n%s", what, log()).isLessThan(limit);
      LockSupport.parkNanos(STEP_NANOS);
    }
  }
}
