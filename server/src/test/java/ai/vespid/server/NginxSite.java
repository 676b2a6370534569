package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.crypto.Tokens;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An installation on this machine, each part a process of its own: both stores, two gateways that
 * are one cluster, and an nginx in front of them with the configuration that is delivered.
 */
final class NginxSite {
  private static final long STEP_NANOS = 50_000_000;
  private static final int WAIT_SECONDS_MAX = 60;
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final String STORES = "stores";

  /** As the configuration names them. */
  private static final List<String> GATEWAYS = List.of("gw-1", "gw-2");

  /** What each gateway listens at. */
  private enum Port {
    GATEWAY,
    CONTROL,
    CLUSTER
  }

  private final Path folder;
  private final Path nginx;
  private final List<Integer> ports = freePorts(8);
  private final String serviceToken = Tokens.random(32);
  private final Map<String, String> secrets = new LinkedHashMap<>();
  private final Map<String, Process> running = new LinkedHashMap<>();

  NginxSite(Path folder, Path nginx) {
    this.folder = folder;
    this.nginx = nginx;
  }

  /** The nginx of this machine, which need not be on the path of everybody. */
  static Optional<Path> findNginx() {
    var folders = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/usr/local/sbin";
    return Arrays.stream(folders.split(":"))
        .map(name -> Path.of(name, "nginx"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  void start() throws IOException {
    startStores();
    var stores = Files.readString(folder.resolve("ready")).split(" ");
    secrets.put("DATABASE_URL", stores[0]);
    secrets.put("REDIS_URL", stores[1]);
    secrets.put("GATEWAY_SERVICE_TOKEN", serviceToken);
    secrets.put("AUTH_TOKEN_SECRET", Tokens.random(32));
    secrets.put("WORKSPACE_SIGNING_SECRET", Tokens.random(32));
    secrets.put("SECRETS_KEK_BASE64", "a2V5LWVuY3J5cHRpb24ta2V5LW9mLXRoZS10ZXN0cyE=");
    startGateway(GATEWAYS.get(0));
    until("the first gateway listens", () -> listens(port(GATEWAYS.get(0), Port.GATEWAY)));
    startGateway(GATEWAYS.get(1));
    startNginx();
    until("nginx listens", () -> listens(publicPort()));
  }

  String token() {
    return serviceToken;
  }

  String databaseUrl() {
    return secrets.get("DATABASE_URL");
  }

  int publicPort() {
    return ports.get(6);
  }

  private int internalPort() {
    return ports.get(7);
  }

  private int port(String gateway, Port port) {
    return ports.get(GATEWAYS.indexOf(gateway) * Port.values().length + port.ordinal());
  }

  private String clusterMembers() {
    return GATEWAYS.stream()
        .map(gateway -> "127.0.0.1:" + port(gateway, Port.CLUSTER))
        .collect(Collectors.joining(","));
  }

  /** An address on the side of agents and people. */
  String open(String path) {
    return "http://127.0.0.1:" + publicPort() + path;
  }

  /** An address on the side of workers. */
  String internal(String path) {
    return "http://127.0.0.1:" + internalPort() + path;
  }

  private void startStores() throws IOException {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    // Not this test's own path: the jar of the server brings the same libraries once more.
    var classes = "target/test-classes:target/classes:target/lib/*";
    var holder = StoreHolder.class.getName();
    launch(
        STORES,
        new ProcessBuilder(
            java, "-XX:+UseSerialGC", "-Xmx128m", "-cp", classes, holder, folder.toString()));
    until("the stores are ready", () -> Files.exists(folder.resolve("ready")));
  }

  void startGateway(String name) throws IOException {
    var builder = new ProcessBuilder(ROOT.resolve("vespid").toString(), "serve");
    var environment = builder.environment();
    EnvironmentTable.ALL.forEach(variable -> environment.remove(variable.name()));
    environment.putAll(secrets);
    environment.put("VESPID_JAVA_OPTIONS", "-Xmx256m -XX:TieredStopAtLevel=1");
    environment.put("GATEWAY_NODE_NAME", name);
    environment.put("GATEWAY_PORT", "" + port(name, Port.GATEWAY));
    environment.put("API_PORT", "" + port(name, Port.CONTROL));
    environment.put("CLUSTER_PORT", "" + port(name, Port.CLUSTER));
    environment.put("CLUSTER_MEMBERS", clusterMembers());
    environment.put("TRUST_FORWARDED_FOR", "true");
    environment.put("GATEWAY_WS_URL", "ws://127.0.0.1:" + publicPort() + "/ws/executor");
    environment.put("GATEWAY_HTTP_URL", open(""));
    launch(name, builder);
  }

  private void startNginx() throws IOException {
    var conf = Files.readString(ROOT.resolve("conf/nginx.conf"));
    for (var name : GATEWAYS) {
      conf = conf.replace(name + ":3002", "127.0.0.1:" + port(name, Port.GATEWAY));
      conf = conf.replace(name + ":3001", "127.0.0.1:" + port(name, Port.CONTROL));
    }
    conf = conf.replace("listen 8080;", "listen 127.0.0.1:" + publicPort() + ";");
    conf = conf.replace("listen 8081;", "listen 127.0.0.1:" + internalPort() + ";");
    conf = conf.replace("/var/log/nginx", folder.toString());
    var folders = new StringBuilder("http {\n");
    for (var kind : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
      folders.append("  %s_temp_path %s/%s;%n".formatted(kind, folder, kind));
    }
    var file = Files.writeString(folder.resolve("nginx.conf"), conf.replace("http {", folders));
    // Its workers write into the folder of the test, which is its user's alone.
    var user = System.getProperty("user.name");
    var here =
        "daemon off; pid %s/nginx.pid; %s"
            .formatted(folder, user.equals("root") ? "user root;" : "");
    launch("nginx", new ProcessBuilder(nginx.toString(), "-c", file.toString(), "-g", here));
  }

  /** The agent as people start it, which is told only where the public side is. */
  void startAgent(String pairingToken) throws IOException {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var home = Files.createDirectories(folder.resolve("agent"));
    var builder =
        new ProcessBuilder(
            java,
            "-XX:+UseSerialGC",
            "-Xmx64m",
            "-jar",
            agentJar().toString(),
            "connect",
            "--api-base",
            open(""),
            "--config-path",
            home.resolve("agent.json").toString());
    builder.environment().put("VESPID_AGENT_PAIRING_TOKEN", pairingToken);
    builder
        .environment()
        .put("VESPID_EXECUTOR_WORKSPACE_CACHE_ROOT", home.resolve("workspaces").toString());
    launch("agent", builder);
  }

  private static Path agentJar() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("agent/target"))) {
      return files
          .filter(file -> file.getFileName().toString().matches("agent-[0-9.]+(-SNAPSHOT)?\\.jar"))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no agent is built"));
    }
  }

  private void launch(String name, ProcessBuilder builder) throws IOException {
    var log = ProcessBuilder.Redirect.appendTo(folder.resolve(name + ".log").toFile());
    running.put(name, builder.redirectErrorStream(true).redirectOutput(log).start());
  }

  /** As {@code kill -9} does. */
  void kill(String name) throws InterruptedException {
    var process = running.remove(name);
    process.destroyForcibly();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  /** As an operator stops it; the process ends when it is ready to. */
  Process tellToStop(String name) {
    var process = running.remove(name);
    process.destroy();
    return process;
  }

  private static boolean listens(int port) {
    try (var socket = new Socket("127.0.0.1", port)) {
      return socket.isConnected();
    } catch (IOException refused) {
      return false;
    }
  }

  /** Waits for what is expected; says what every process had to say when it does not come. */
  void until(String what, BooleanSupplier condition) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > limit) throw new AssertionError(what + "\n" + logs());
      for (var entry : running.entrySet()) {
        if (entry.getValue().isAlive()) continue;
        throw new AssertionError(entry.getKey() + " ended; awaited: " + what + "\n" + logs());
      }
      LockSupport.parkNanos(STEP_NANOS);
    }
  }

  String logs() {
    try (Stream<Path> files = Files.list(folder)) {
      var text = new StringBuilder();
      for (var file : files.filter(file -> file.toString().endsWith(".log")).sorted().toList()) {
        text.append("== %s%n%s%n".formatted(file.getFileName(), Files.readString(file)));
      }
      return text.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // Below the range of ephemeral ports, where a client's socket may sit.
  private static List<Integer> freePorts(int count) {
    var free = new ArrayList<Integer>();
    int from = 24_000 + (int) (ProcessHandle.current().pid() % 4_000);
    for (int port = from; free.size() < count && port < 32_000; port++) {
      try (var socket = new ServerSocket(port)) {
        free.add(socket.getLocalPort());
      } catch (BindException taken) {
        continue;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return free;
  }

  /** In reverse order, each by its process, and none is left. */
  void stop() throws IOException, InterruptedException {
    var slow = new ArrayList<String>();
    for (var name : List.copyOf(running.keySet()).reversed()) {
      var process = running.remove(name);
      // The holder of the stores ends with its input.
      if (name.equals(STORES)) process.getOutputStream().close();
      else process.destroy();
      if (process.waitFor(WAIT_SECONDS_MAX, TimeUnit.SECONDS)) continue;
      slow.add(name);
      process.destroyForcibly();
    }
    assertThat(slow).as("did not stop when told").isEmpty();
  }
}
