package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent of {@code vespid up}: a process of its own, as every agent is, paired on the first
 * start, started again when it ends, and stopped with the server.
 */
final class LocalAgent implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LocalAgent.class);
  private static final String FOLDER = "agent";
  private static final String CONFIG_FILE = FOLDER + "/agent.json";
  private static final String PID_FILE = FOLDER + "/agent.pid";
  private static final Duration STOP_MAX = Duration.ofSeconds(10);
  private static final long BACKOFF_MS_MAX = 30_000;
  private static final long STEADY_NANOS = Duration.ofMinutes(1).toNanos();

  private final Home home;
  private final Path jar;
  private final String apiUrl;
  private final Predicate<String> isValid;
  private final Supplier<String> pairingToken;
  private Process process;
  private boolean stopping;

  /**
   * @param isValid whether an executor with this id may still connect
   * @param pairingToken makes one, when the agent has to be paired
   */
  LocalAgent(
      Home home,
      Path jar,
      String apiUrl,
      Predicate<String> isValid,
      Supplier<String> pairingToken) {
    this.home = home;
    this.jar = jar;
    this.apiUrl = apiUrl;
    this.isValid = isValid;
    this.pairingToken = pairingToken;
  }

  void start() {
    home.directory(FOLDER);
    endLeftover();
    launch();
    Thread.ofVirtual().name("agent-watch").start(this::watch);
  }

  // Two agents with one identity would throw each other off the gateway.
  private void endLeftover() {
    home.read(PID_FILE)
        .map(String::strip)
        .filter(text -> text.matches("\\d+"))
        .flatMap(text -> ProcessHandle.of(Long.parseLong(text)))
        .filter(handle -> handle.info().commandLine().orElse("").contains(configFile().toString()))
        .ifPresent(LocalAgent::end);
  }

  private Path configFile() {
    return home.path(CONFIG_FILE);
  }

  private Optional<String> savedExecutor() {
    try {
      return home.read(CONFIG_FILE).map(JsonObject::new).map(json -> json.getString("executorId"));
    } catch (DecodeException | ClassCastException e) {
      return Optional.empty();
    }
  }

  private synchronized void launch() {
    if (stopping) return;
    var command = new ArrayList<>(java());
    String token = null;
    if (savedExecutor().filter(isValid).isPresent()) {
      command.addAll(List.of("start", "--config-path", configFile().toString()));
    } else {
      home.delete(CONFIG_FILE);
      token = pairingToken.get();
      command.addAll(
          List.of(
              "connect",
              "--api-base",
              apiUrl,
              "--name",
              "local",
              "--config-path",
              configFile().toString()));
    }
    var log = home.path(FOLDER + "/agent.log").toFile();
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log));
    builder.redirectInput(new File("/dev/null"));
    // It runs what others send: it gets nothing of the server's settings.
    builder.environment().keySet().removeIf(name -> isServerSetting(name));
    // Not an argument: those are for everybody on the machine to read.
    if (token != null) builder.environment().put("VESPID_AGENT_PAIRING_TOKEN", token);
    builder
        .environment()
        .putIfAbsent("VESPID_AGENT_WORKDIR_ROOT", home.path(FOLDER + "/workdir").toString());
    builder
        .environment()
        .putIfAbsent(
            "VESPID_EXECUTOR_WORKSPACE_CACHE_ROOT", home.path(FOLDER + "/workspaces").toString());
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new ConfigurationException("cannot start the agent: " + e.getMessage());
    }
    home.write(PID_FILE, Long.toString(process.pid()));
  }

  private static boolean isServerSetting(String name) {
    return EnvironmentTable.ALL.stream().anyMatch(variable -> variable.name().equals(name));
  }

  private List<String> java() {
    if (!Files.isRegularFile(jar)) {
      throw new ConfigurationException("no agent at " + jar + "; build it with: mvn package");
    }
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xmx64m",
        "--sun-misc-unsafe-memory-access=allow",
        "--enable-native-access=ALL-UNNAMED",
        "-jar",
        jar.toString());
  }

  private void watch() {
    long pauseMs = 1_000;
    while (true) {
      long begun = System.nanoTime();
      try {
        int code = current().waitFor();
        if (isStopping()) return;
        if (System.nanoTime() - begun > STEADY_NANOS) pauseMs = 1_000;
        LOG.atWarn()
            .addKeyValue("exitCode", code)
            .addKeyValue("againInMs", pauseMs)
            .addKeyValue("log", home.path(FOLDER + "/agent.log"))
            .log("the local agent ended");
        TimeUnit.MILLISECONDS.sleep(pauseMs);
        pauseMs = Math.min(BACKOFF_MS_MAX, pauseMs * 2);
        launch();
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        LOG.atWarn().addKeyValue("cause", e.getMessage()).log("the local agent cannot start");
      }
    }
  }

  private synchronized Process current() {
    return process;
  }

  private synchronized boolean isStopping() {
    return stopping;
  }

  private static void end(ProcessHandle handle) {
    handle.destroy();
    try {
      handle.onExit().get(STOP_MAX.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      handle.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    Process last;
    synchronized (this) {
      stopping = true;
      last = process;
    }
    if (last != null) end(last.toHandle());
    home.delete(PID_FILE);
  }
}
