package ai.vespid.agent;

import ai.vespid.agent.operation.ControlSocket;
import ai.vespid.agent.sandbox.Owner;
import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.settings.Setting;
import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** What can be wrong with the machine, with the places scripts run in, and with an agent there. */
record MachineChecks(
    Configuration configuration, Map<String, String> environment, List<Finding> findings) {
  private static final long DISK_BYTES_MIN = 512L * 1024 * 1024;
  private static final long FILES_MIN = 1_024;

  private void fault(String code, String what, String remedy) {
    findings.add(Finding.fault(code, what, remedy));
  }

  private void note(String code, String what, String remedy) {
    findings.add(Finding.note(code, what, remedy));
  }

  /** True when an agent runs here. */
  boolean agent() {
    var settings = configuration.settings();
    var answer = ControlSocket.status(settings.controlSocket(configuration.path()));
    if (answer.isPresent()) {
      var status = Json.read(answer.get().getBytes(StandardCharsets.UTF_8), JsonNode.class);
      if (!status.path("connected").asBoolean()) {
        fault("AGENT_NOT_CONNECTED", "the agent runs without a connection", "see 'logs'");
      }
      return true;
    }
    if (!Files.isDirectory(configuration.path().toAbsolutePath().getParent())) return false;
    try (var _ = AgentCommand.lock(configuration.path())) {
      return false;
    } catch (AgentFailure e) {
      fault(
          "AGENT_DOES_NOT_ANSWER",
          "an agent runs and does not answer",
          "end its process, or find who else uses " + configuration.path());
      return true;
    } catch (IOException e) {
      fault("FOLDER_UNWRITABLE", "its folder cannot be written", "run as the agent's user");
      return false;
    }
  }

  void machine(boolean running) {
    var settings = configuration.settings();
    writable("WORKSPACES_UNWRITABLE", settings.workspaceRoot());
    writable("JOURNAL_UNWRITABLE", settings.journal(configuration.path()));
    var log = settings.logFile(configuration.path());
    if (log != null) writable("LOG_UNWRITABLE", log.toAbsolutePath().getParent());
    space(settings.workspaceRoot());
    if (!running && settings.httpPort() > 0) port(settings.httpPort());
    files();
    proxies();
    if ("root".equals(System.getProperty("user.name")) && settings.backend().equals("host")) {
      note("SCRIPTS_ARE_ROOT", "scripts run as root", "give the agent a user of its own");
    }
  }

  // Told apart from what is used: an agent that goes straight where others may not seems broken.
  private void proxies() {
    var saved = configuration.file().root().path("gatewayWsUrl").asText();
    var gateway = configuration.values().text(Setting.GATEWAY, saved);
    boolean tls = gateway.regionMatches(true, 0, "wss:", 0, 4);
    Stream.of("HTTPS_PROXY", "https_proxy", "ALL_PROXY")
        .filter(name -> environment.containsKey(name) && (!tls || name.equals("ALL_PROXY")))
        .filter(_ -> configuration.values().text(Setting.PROXY).isEmpty())
        .findFirst()
        .ifPresent(name ->
            note(
                "PROXY_IGNORED",
                name + " is set, and the agent dials directly",
                "set VESPID_AGENT_PROXY_URL, or to none"));
  }

  private void writable(String code, Path folder) {
    var existing = existing(folder);
    if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
      fault(code, existing + " is no folder that can be written", "chown it, or set another");
    }
  }

  private static Path existing(Path folder) {
    var existing = folder.toAbsolutePath();
    while (!Files.exists(existing) && existing.getParent() != null) existing = existing.getParent();
    return existing;
  }

  private void space(Path folder) {
    try {
      long left = Files.getFileStore(existing(folder)).getUsableSpace();
      if (left < DISK_BYTES_MIN) {
        fault("DISK_FULL", left / 1024 / 1024 + " MiB are left for files of runs", "make room");
      }
    } catch (IOException e) {
      return; // Told by another check.
    }
  }

  private void port(int port) {
    try (var _ = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
      return;
    } catch (IOException e) {
      fault(
          "PORT_TAKEN", "another listens on port " + port, "set VESPID_AGENT_HTTP_PORT to another");
    }
  }

  private void files() {
    try {
      for (var line : Files.readAllLines(Path.of("/proc/self/limits"))) {
        if (!line.startsWith("Max open files")) continue;
        var soft = line.substring("Max open files".length()).strip().split("\\s+")[0];
        if (soft.matches("\\d+") && Long.parseLong(soft) < FILES_MIN) {
          note("FILES_FEW", "only " + soft + " files can be open", "raise its limit (ulimit -n)");
        }
      }
    } catch (IOException e) {
      return; // Another system.
    }
  }

  /** Asks every backend, as the agent would. */
  void sandboxes() {
    var settings = configuration.settings();
    var owner = Owner.self("doctor", UUID.randomUUID().toString());
    var sandboxes = Assembly.sandboxes(settings, owner, "");
    sandboxes.probe();
    sandboxes
        .probes()
        .forEach((backend, probe) -> {
          boolean wanted =
              backend.equals(settings.backend()) || settings.sandboxes().contains(backend);
          switch (probe) {
            case Probe.Works(var ignored) ->
                ignored.forEach(limit ->
                    fault(
                        "LIMIT_IGNORED",
                        backend + ": " + limit,
                        "drop the option, or change the engine"));
            case Probe.Fails(var why) -> {
              if (wanted) fault("SANDBOX_FAILS", backend + ": " + why, remedy(why));
            }
          }
        });
    if (settings.allowedBackends().contains("host")) programs();
  }

  private static String remedy(String why) {
    if (why.startsWith("there is no engine")) return "start Docker, or set DOCKER_HOST";
    if (why.contains("does not answer")) return "start Docker; may this user open its socket?";
    if (why.contains("cannot run")) return "take away the option that its engine refuses";
    return "see what it says";
  }

  private void programs() {
    for (var program : List.of("bash", "setsid")) {
      var path = environment.getOrDefault("PATH", "");
      boolean there =
          Stream.of(path.split(File.pathSeparator))
              .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
      if (!there) {
        note(
            program.toUpperCase(Locale.ROOT) + "_ABSENT",
            "there is no " + program,
            "install it: some scripts need it");
      }
    }
  }
}
