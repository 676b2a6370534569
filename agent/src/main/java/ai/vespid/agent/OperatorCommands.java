package ai.vespid.agent;

import ai.vespid.agent.operation.ControlSocket;
import ai.vespid.agent.settings.Configurable;
import ai.vespid.agent.settings.Form;
import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What an operator asks of an agent that runs, or of one that should. */
final class OperatorCommands {
  /** Exit code of {@code status} when no agent runs, as of other services. */
  static final int NOT_RUNNING = 3;

  private OperatorCommands() {}

  /** Which agent is meant. */
  static final class Which {
    @Option(names = "--config-path", description = "Where the agent keeps its credentials.")
    Path configPath;

    @Spec(Spec.Target.MIXEE)
    CommandSpec command;

    Configuration configuration() {
      return Configuration.read(System.getenv(), configPath);
    }

    Path socket() {
      var configuration = configuration();
      return configuration.settings().controlSocket(configuration.path());
    }

    PrintWriter out() {
      return command.commandLine().getOut();
    }
  }

  @Command(
      name = "status",
      description = "Tells whether the agent runs, is connected, and what it can do.",
      mixinStandardHelpOptions = true)
  static final class Status implements Callable<Integer> {
    @Mixin Which which = new Which();

    @Option(names = "--json", description = "As the agent says it.")
    boolean json;

    @Override
    public Integer call() {
      var answer = ControlSocket.status(which.socket());
      if (answer.isEmpty()) {
        which.out().println("stopped");
        return NOT_RUNNING;
      }
      var status = Json.read(answer.get().getBytes(StandardCharsets.UTF_8), JsonNode.class);
      if (json) which.out().println(answer.get().strip());
      else show(status);
      return status.path("connected").asBoolean() ? 0 : 1;
    }

    private void show(JsonNode status) {
      var out = which.out();
      out.println("running    " + status.path("status").asText());
      out.println("process    " + status.path("pid").asLong());
      out.println("executor   " + status.path("executorId").asText());
      out.println("gateway    " + status.path("gateway").asText());
      out.println(
          "connected  "
              + (status.path("connected").asBoolean()
                  ? "yes"
                  : "no " + status.path("fault").asText("")));
      out.println(
          "tasks      %d of %d"
              .formatted(status.path("inFlight").asInt(), status.path("maxInFlight").asInt()));
      out.println("to deliver " + status.path("unacknowledged").asInt());
      out.println("sessions   " + status.path("sessions").asInt());
      status
          .path("sandboxes")
          .properties()
          .forEach(sandbox ->
              out.println("sandbox    " + sandbox.getKey() + ": " + sandbox.getValue().asText()));
      status
          .path("engines")
          .properties()
          .forEach(engine ->
              out.println("engine     " + engine.getKey() + ": " + engine.getValue().asText()));
      var machine = status.path("machine");
      if (machine.has("load")) {
        out.println(
            "machine    %d processors, %.1f %% busy, load %.2f; free: memory %d MiB, disk %d MiB"
                .formatted(
                    machine.path("processors").asInt(),
                    machine.path("cpuPercent").asDouble(),
                    machine.path("load").asDouble(),
                    machine.path("memoryAvailableBytes").asLong() >> 20,
                    machine.path("diskFreeBytes").asLong() >> 20));
      }
      status.path("ignored").forEach(limit -> out.println("ignored    " + limit.asText()));
    }
  }

  @Command(
      name = "stop",
      description = "Lets the agent finish its work, ends it, and returns when it is gone.",
      mixinStandardHelpOptions = true)
  static final class Stop implements Callable<Integer> {
    @Mixin Which which = new Which();

    @Override
    public Integer call() {
      which.out().println(ControlSocket.stop(which.socket()) ? "stopped" : "it does not run");
      return 0;
    }
  }

  @Command(
      name = "logs",
      description = "Shows the end of the agent's log.",
      mixinStandardHelpOptions = true)
  static final class Logs implements Callable<Integer> {
    private static final int BYTES_MAX = 1024 * 1024;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    @Mixin Which which = new Which();

    @Option(names = "-n", defaultValue = "100", description = "How many lines.")
    int lines;

    @Option(
        names = {"-f", "--follow"},
        description = "And what comes, until Ctrl-C.")
    boolean follow;

    @Override
    public Integer call() {
      var configuration = which.configuration();
      var file = configuration.settings().logFile(configuration.path());
      if (file == null) throw new AgentFailure("LOG_NOT_KEPT: VESPID_AGENT_LOG_FILE is none");
      try {
        long end = show(file);
        while (follow && !Thread.currentThread().isInterrupted()) {
          LockSupport.parkNanos(PAUSE_NANOS);
          end = showFrom(file, end);
        }
        return 0;
      } catch (NoSuchFileException e) {
        throw new AgentFailure("LOG_NOT_FOUND: " + file + ": no agent has run here");
      } catch (IOException e) {
        throw new AgentFailure("LOG_NOT_READABLE: " + file);
      }
    }

    private long show(Path file) throws IOException {
      long size = Files.size(file);
      var text = read(file, Math.max(0, size - BYTES_MAX), size);
      var all = text.lines().toList();
      all.subList(Math.max(0, all.size() - lines), all.size()).forEach(which.out()::println);
      which.out().flush();
      return size;
    }

    private long showFrom(Path file, long end) throws IOException {
      long size = Files.size(file);
      // Another began when this one was full.
      long from = size < end ? 0 : end;
      which.out().print(read(file, Math.max(from, size - BYTES_MAX), size));
      which.out().flush();
      return size;
    }

    private static String read(Path file, long from, long to) throws IOException {
      try (var in = new RandomAccessFile(file.toFile(), "r")) {
        var bytes = new byte[(int) (to - from)];
        in.seek(from);
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
      }
    }
  }

  @Command(
      name = "config",
      description = "Shows every setting, its value and where that comes from.",
      mixinStandardHelpOptions = true)
  static final class Config implements Callable<Integer> {
    @Mixin Which which = new Which();

    @Option(names = "--write", description = "Writes a file with all settings to this path (YAML).")
    Path write;

    @Option(names = "--force", description = "Replaces that file.")
    boolean force;

    @Override
    public Integer call() {
      if (write != null) return template();
      var configuration = which.configuration();
      var out = which.out();
      out.println(
          "file " + configuration.path() + (Files.exists(configuration.path()) ? "" : " (absent)"));
      for (var setting : Configurable.all()) {
        var value = configuration.values().text(setting).map(v -> shown(setting, v));
        out.println(
            "%-42s %-28s %s"
                .formatted(
                    setting.variable(),
                    setting.key(),
                    value.orElse("(" + setting.byDefault() + ")")));
      }
      configuration.settings().check(configuration.problems());
      for (var problem : configuration.problems().found()) out.println("problem: " + problem);
      for (var key : configuration.file().unread()) out.println("note: " + key);
      return configuration.problems().found().isEmpty() ? 0 : 1;
    }

    private static String shown(Configurable setting, String value) {
      return setting.form() == Form.SECRET ? "(set)" : value;
    }

    private int template() {
      var text = new StringBuilder("# Who the agent is: written by 'connect'.\n");
      text.append("# executorId:\n# executorToken:\n# organizationId:\n# gatewayWsUrl:\n\n");
      text.append("# What it does. A variable of the environment goes before its setting here.\n");
      text.append("settings:\n");
      for (var setting : Configurable.all()) {
        if (setting.key().isEmpty()) continue;
        text.append(
            "\n  # %s\n  # %s, default: %s\n"
                .formatted(setting.description(), setting.variable(), setting.byDefault()));
        text.append("  # ").append(setting.key()).append(":\n");
      }
      try {
        if (force) Files.deleteIfExists(write);
        Files.createFile(
            write,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(write, text);
        which.out().println("written: " + write);
        return 0;
      } catch (IOException e) {
        throw new AgentFailure(
            "CONFIG_NOT_WRITTEN: " + write + " exists, or cannot be written; --force replaces it");
      }
    }
  }
}
