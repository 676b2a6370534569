package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** What {@code ./vespid up} starts, on a home of its own, and the ways into it a test needs. */
final class UpSite implements AutoCloseable {
  private static final long STEP_NANOS = 50_000_000;
  private static final int PORTS_FROM = 21_000;
  private static final int PORTS_TO = 29_000;

  private final Path folder;
  private Map<String, String> variables;
  private final int apiPort = freePort();
  private final int gatewayPort = freePort();
  private Process up;
  private Calls calls;
  private JsonObject running;
  private Map<String, String> owner;

  private UpSite(Path folder, Map<String, String> variables) {
    this.folder = folder;
    this.variables = variables;
  }

  /**
   * Starts it and waits for its agent.
   *
   * @param variables of the environment, over those it has anyway
   */
  static UpSite start(Path folder, Map<String, String> variables) {
    var site = new UpSite(folder, variables);
    try {
      site.launch();
      return site;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stops it and starts it again where it was, with other variables. */
  void restart(Map<String, String> others) throws IOException {
    close();
    variables = others;
    launch();
  }

  private void launch() throws IOException {
    up = vespid(folder.resolve("up.log"), "up");
    until("up.json is there", () -> Files.exists(home().resolve("up.json")) || !up.isAlive());
    assertThat(up.isAlive()).as(log()).isTrue();
    running = new JsonObject(Files.readString(home().resolve("up.json")));
    calls = new Calls(secret("GATEWAY_SERVICE_TOKEN"));
    until("an agent is connected", () -> !routes().isEmpty());
    owner = login();
  }

  /** The launcher as a process of its own, with these arguments; both streams go to the file. */
  Process vespid(Path out, String... arguments) throws IOException {
    var command = new ArrayList<>(List.of(launcher()));
    command.addAll(List.of(arguments));
    var builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(out.toFile()));
    var environment = builder.environment();
    environment
        .keySet()
        .removeIf(
            name -> name.matches("(GATEWAY|API|VESPID|DATABASE|REDIS|WORKFLOW|ENGINE|OPENAI)_.*"));
    environment.put("VESPID_HOME", home().toString());
    environment.put("API_PORT", "" + apiPort);
    environment.put("GATEWAY_PORT", "" + gatewayPort);
    environment.put("GATEWAY_WS_URL", "ws://localhost:" + gatewayPort + "/ws/executor");
    environment.put("GATEWAY_HTTP_URL", "http://localhost:" + gatewayPort);
    environment.putAll(variables);
    return builder.start();
  }

  private static String launcher() {
    return Path.of("../vespid").toAbsolutePath().normalize().toString();
  }

  Path home() {
    return folder.resolve("home");
  }

  private JsonArray routes() {
    var path = "/internal/v1/executors/routes?organizationId=" + organization();
    return calls
        .get("http://127.0.0.1:" + gatewayPort + path)
        .body()
        .getJsonArray("routes", new JsonArray());
  }

  private Map<String, String> login() {
    var body =
        new JsonObject()
            .put("email", running.getString("ownerEmail"))
            .put("password", secret("OWNER_PASSWORD"));
    var login = calls.post(api("/v1/auth/login"), Map.of(), body).body();
    var token = login.getJsonObject("session").getString("token");
    return Map.of("Authorization", "Bearer " + token, "X-Org-Id", organization());
  }

  private String organization() {
    return running.getString("organizationId");
  }

  private String api(String path) {
    return "http://127.0.0.1:" + apiPort + path;
  }

  /** Asks the control API about the owner's organization. */
  JsonObject get(String path) {
    return good(calls.get(api("/v1/orgs/" + organization() + path), owner));
  }

  JsonObject post(String path, JsonObject body) {
    return good(calls.post(api("/v1/orgs/" + organization() + path), owner, body));
  }

  private static JsonObject good(Calls.Reply reply) {
    assertThat(reply.status()).as("%s", reply.body()).isBetween(200, 299);
    return reply.body();
  }

  /** A viewer of the owner's. */
  Screen screen() {
    return new Screen(running.getString("clientUrl"), owner);
  }

  /** One of the secrets that {@code up} made for itself. */
  String secret(String name) {
    try {
      return new JsonObject(Files.readString(home().resolve("secrets.json"))).getString(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The database as its superuser sees it: no policy hides a row. */
  Connection database() throws SQLException {
    var url = PostgresStore.runningUrl(new Home(home())).orElseThrow();
    return DriverManager.getConnection(
        "jdbc:" + url.replaceFirst("postgres://[^@]*@", "postgresql://"), "postgres", "");
  }

  int redisPort() {
    return Integer.parseInt(read(home().resolve("redis/port")).strip());
  }

  String log() {
    var file = folder.resolve("up.log");
    return Files.exists(file) ? read(file) : "";
  }

  static String read(Path file) {
    try {
      // Whatever is in it: a log may hold the bytes of a task.
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() {
    for (int port : new Random().ints(200, PORTS_FROM, PORTS_TO).toArray()) {
      try (var _ = new ServerSocket(port)) {
        return port;
      } catch (IOException taken) {
        continue;
      }
    }
    throw new IllegalStateException("no free port");
  }

  /** Asks until it is so. */
  void until(String what, BooleanSupplier condition) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("%s%n%s", what, log()).isLessThan(limit);
      LockSupport.parkNanos(STEP_NANOS);
    }
  }

  @Override
  public void close() {
    if (calls != null) calls.close();
    up.destroy();
    until("it has stopped when told", () -> !up.isAlive());
  }
}
