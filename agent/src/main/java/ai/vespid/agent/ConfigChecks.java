package ai.vespid.agent;

import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.trust.CommandGate;
import ai.vespid.agent.trust.GatewayTrust;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Pool;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;

/** What can be wrong with what the agent was told. */
record ConfigChecks(Configuration configuration, List<Finding> findings) {
  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  /** Who the agent is, or null when it cannot be known. */
  AgentConfig run() {
    var path = configuration.path();
    if (!Files.exists(path)) {
      fault("CONFIG_ABSENT", "there is no " + path, "pair this machine with 'connect'");
    } else if (!Files.isReadable(path)) {
      fault("CONFIG_UNREADABLE", path + " cannot be read", "run as its owner, or chown it");
    } else {
      permissions(path);
    }
    var config = Files.isReadable(path) ? identity() : null;
    configuration.settings().check(configuration.problems());
    settings();
    for (var key : configuration.file().unread()) {
      findings.add(Finding.note("KEY_UNREAD", key, "remove it, or see 'config' for what there is"));
    }
    if (config != null) gateway(config);
    trust(config == null ? "wss://unknown" : config.gatewayWsUrl());
    return config;
  }

  private void fault(String code, String what, String remedy) {
    findings.add(Finding.fault(code, what, remedy));
  }

  private void permissions(Path path) {
    try {
      if (Files.getPosixFilePermissions(path).stream().anyMatch(OTHERS::contains)) {
        fault("CONFIG_OPEN", path + " holds a credential and others can read it", "chmod 600 it");
      }
    } catch (IOException | UnsupportedOperationException e) {
      return; // A system without such permissions.
    }
  }

  private AgentConfig identity() {
    // A file that could not be read says nothing about who the agent is.
    if (!configuration.problems().found().isEmpty() && configuration.file().root().isEmpty()) {
      return null;
    }
    var problems = new Problems();
    try {
      var config = AgentConfig.of(configuration.file(), problems);
      if (config != null) return config.under(configuration.values());
    } catch (InvalidMessage e) {
      problems.add("environment", e.getMessage());
    }
    for (var problem : problems.found()) {
      fault("IDENTITY_INVALID", problem.toString(), "pair again with 'connect'");
    }
    return null;
  }

  private void settings() {
    for (var problem : configuration.problems().found()) {
      boolean file = problem.where().equals(configuration.path().toString());
      fault(
          file ? "CONFIG_MALFORMED" : "SETTING_INVALID",
          problem.toString(),
          file ? "mend the file, or pair again" : "set it right, or take it away");
    }
  }

  private void trust(String gateway) {
    for (var flaw : new GatewayTrust(configuration.settings().trust()).flaws(URI.create(gateway))) {
      fault(flaw.code(), flaw.what(), flaw.remedy());
    }
    try {
      new CommandGate(configuration.settings().commandKeys(), "doctor", "doctor").read();
    } catch (AgentFailure e) {
      var told = e.getMessage().split(": ", 2);
      fault(told[0], told[1], "give the public keys of the gateway, as PEM");
    }
  }

  private void gateway(AgentConfig config) {
    var uri = URI.create(config.gatewayWsUrl());
    boolean local = uri.getHost().matches("127\\.[\\d.]+|localhost|\\[::1\\]");
    if (uri.getScheme().equalsIgnoreCase("ws") && !local) {
      findings.add(
          Finding.note(
              "GATEWAY_IN_CLEAR",
              "the credential travels unencrypted to " + uri.getHost(),
              "use wss:// unless the network is trusted"));
    }
    var settings = configuration.settings();
    if (config.pool() == Pool.MANAGED && settings.allowedBackends().contains("host")) {
      findings.add(
          settings.unsafeManaged()
              ? Finding.note(
                  "MANAGED_WITHOUT_CONTAINER",
                  "a managed agent runs scripts of many organizations outside of containers",
                  "set VESPID_AGENT_EXEC_BACKEND to docker")
              : Finding.fault(
                  "MANAGED_POOL_REQUIRES_CONTAINER_SANDBOX",
                  "a managed agent does not start where scripts may run outside of containers",
                  "set VESPID_AGENT_EXEC_BACKEND to docker"));
    }
  }
}
