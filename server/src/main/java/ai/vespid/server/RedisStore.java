package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import redis.embedded.core.ExecutableProvider;

/**
 * Redis as a process of its own, its data under the home, saved when it stops. One that a killed
 * run left behind is stopped first, with a save, so that what it held is read again.
 */
final class RedisStore implements AutoCloseable {
  private static final String FOLDER = "redis";
  private static final String PID_FILE = FOLDER + "/redis.pid";
  private static final String PORT_FILE = FOLDER + "/port";
  private static final Duration START_MAX = Duration.ofSeconds(5);
  private static final Duration STOP_MAX = Duration.ofSeconds(5);
  private static final int REPLY_MS_MAX = 1_000;
  private static final long LOOK_NANOS = 10_000_000;

  private final Home home;
  private final int port;
  private final String password;

  private RedisStore(Home home, int port, String password) {
    this.home = home;
    this.port = port;
    this.password = password;
  }

  /** The next start listens there, unless somebody else does. */
  static void prefer(Home home, int port) {
    home.directory(FOLDER);
    home.write(PORT_FILE, Integer.toString(port));
  }

  static RedisStore start(Home home, String password) {
    home.directory(FOLDER);
    stopLeftover(home);
    int before = home.read(PORT_FILE).map(text -> Integer.parseInt(text.strip())).orElse(0);
    int port = PostgresStore.freePort(before);
    home.write(PORT_FILE, Integer.toString(port));
    var store = new RedisStore(home, port, password);
    try {
      store.launch();
    } catch (IOException e) {
      throw store.cannotStart(e.getClass().getSimpleName());
    }
    return store;
  }

  private ConfigurationException cannotStart(String cause) {
    return new ConfigurationException(
        "cannot start the embedded Redis (%s); see %s, or set REDIS_URL"
            .formatted(cause, home.path(FOLDER + "/redis.log")));
  }

  private void launch() throws IOException {
    var folder = home.path(FOLDER);
    // A file, because arguments can be read by every user of the machine.
    home.write(
        FOLDER + "/redis.conf",
        """
        bind 127.0.0.1
        port %d
        requirepass %s
        dir "%s"
        daemonize yes
        pidfile "%s"
        logfile "%s"
        save 60 1
        appendonly no
        maxmemory 256mb
        maxmemory-policy volatile-ttl
        """
            .formatted(port, password, folder, home.path(PID_FILE), folder.resolve("redis.log")));
    var executable = ExecutableProvider.newJarResourceProvider(folder.toFile()).get();
    var process =
        new ProcessBuilder(executable.getPath(), folder.resolve("redis.conf").toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("start.log").toFile())
            .start();
    try {
      if (!process.waitFor(START_MAX.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw cannotStart("it ended at once");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw cannotStart("interrupted");
    }
    long limit = System.nanoTime() + START_MAX.toNanos();
    while (!answers("PING").startsWith("+PONG")) {
      if (System.nanoTime() > limit) throw cannotStart("it does not answer");
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  String url() {
    return "redis://:%s@127.0.0.1:%d".formatted(password, port);
  }

  int port() {
    return port;
  }

  Optional<Long> pid() {
    return process(home).map(ProcessHandle::pid);
  }

  // Passwords and commands here have no blanks, so the inline form will do.
  private String answers(String command) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), REPLY_MS_MAX);
      socket.setSoTimeout(REPLY_MS_MAX);
      var out = socket.getOutputStream();
      out.write(("AUTH " + password + "\r\n" + command + "\r\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
      var in =
          new java.io.BufferedReader(
              new java.io.InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      in.readLine();
      var reply = in.readLine();
      return reply == null ? "" : reply;
    } catch (IOException e) {
      return "";
    }
  }

  private static Optional<ProcessHandle> process(Home home) {
    return home.read(PID_FILE)
        .map(String::strip)
        .filter(text -> text.matches("\\d+"))
        .flatMap(text -> ProcessHandle.of(Long.parseLong(text)))
        .filter(ProcessHandle::isAlive)
        // The number may belong to somebody else by now.
        .filter(handle -> handle.info().command().orElse("").contains("redis-server"));
  }

  private static void stopLeftover(Home home) {
    // On SIGTERM it saves and ends.
    process(home).ifPresent(RedisStore::end);
    home.delete(PID_FILE);
  }

  private static void end(ProcessHandle process) {
    process.destroy();
    try {
      process.onExit().get(STOP_MAX.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    stopLeftover(home);
  }
}
