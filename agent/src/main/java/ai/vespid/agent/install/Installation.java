package ai.vespid.agent.install;

import ai.vespid.agent.AgentFailure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * The steps of an installation on another machine. What counts as working, and what is taken back
 * when it does not, is decided there by the archive's own script; here each step is named.
 */
final class Installation {
  private static final Duration SHORT = Duration.ofSeconds(30);
  private static final Duration UPLOAD_MAX = Duration.ofMinutes(15);
  private static final Duration SCRIPT_MARGIN = Duration.ofMinutes(3);

  private final Ssh ssh;
  private final Consumer<String> said;

  /**
   * What is installed, and how.
   *
   * @param prefix a folder there to install below without root, or null for a service of systemd
   * @param config who the agent will be, or null
   * @param pairingToken redeemed there, or null
   * @param waitSeconds how long it may take to be connected
   */
  record Plan(
      Cargo cargo,
      String machine,
      String prefix,
      Path config,
      String pairingToken,
      String apiBase,
      int waitSeconds) {
    @Override
    public String toString() {
      return "Plan[" + cargo + "]";
    }
  }

  Installation(Ssh ssh, Consumer<String> said) {
    this.ssh = ssh;
    this.said = said;
  }

  /**
   * Installs.
   *
   * @return what the script said last
   * @throws AgentFailure naming the step that failed
   */
  String run(Plan plan) {
    boolean root = suits(plan);
    var folder = upload(plan.cargo());
    try {
      if (plan.config() != null) uploadConfig(folder, plan.config());
      said.accept("installing");
      return install(plan, folder, root);
    } finally {
      ssh.run("rm -rf " + quoted(folder), SHORT);
    }
  }

  private boolean suits(Plan plan) {
    var asked =
        ssh.run("uname -s && uname -m && id -u && command -v tar gzip sha256sum >/dev/null", SHORT);
    var lines = asked.out().lines().toList();
    if (lines.size() < 3 || !lines.get(0).equals("Linux")) {
      throw new AgentFailure("PLATFORM_UNSUPPORTED: the machine runs no Linux");
    }
    if (asked.code() != 0) {
      throw new AgentFailure("PLATFORM_UNSUPPORTED: tar, gzip or sha256sum is not there");
    }
    if (plan.machine() != null && !lines.get(1).equals(plan.machine())) {
      throw new AgentFailure(
          "PLATFORM_UNSUPPORTED: the archive is for %s, the machine is %s"
              .formatted(plan.machine(), lines.get(1)));
    }
    boolean root = lines.get(2).equals("0");
    if (plan.prefix() == null) mayInstall(root);
    return root;
  }

  private void mayInstall(boolean root) {
    if (!root && ssh.run("sudo -n true", SHORT).code() != 0) {
      throw new AgentFailure(
          "ROOT_REQUIRED: let the user sudo without a password, or use --prefix");
    }
    if (ssh.run("[ -d /run/systemd/system ]", SHORT).code() != 0) {
      throw new AgentFailure("SYSTEMD_ABSENT: the machine runs no systemd; use --prefix");
    }
  }

  private String upload(Cargo cargo) {
    said.accept("carrying " + cargo.archive().getFileName() + " there");
    var command =
        "umask 077; d=$(mktemp -d /tmp/vespid-install.XXXXXX) && cat >\"$d/a.tar.gz\""
            + " && sha256sum <\"$d/a.tar.gz\" && echo \"$d\"";
    try (var in = Files.newInputStream(cargo.archive())) {
      var done = ssh.run(command, in, UPLOAD_MAX);
      var lines = done.out().lines().toList();
      if (done.code() != 0 || lines.size() != 2) {
        throw new AgentFailure("UPLOAD_FAILED: " + done.lastWords());
      }
      var folder = lines.get(1);
      boolean whole = lines.get(0).startsWith(cargo.sha256());
      var unpacked =
          whole ? ssh.run("tar -C %s -xzf %1$s/a.tar.gz".formatted(quoted(folder)), SHORT) : null;
      if (whole && unpacked.code() == 0) return folder;
      ssh.run("rm -rf " + quoted(folder), SHORT);
      throw new AgentFailure(
          whole ? "UNPACK_FAILED: " + unpacked.lastWords() : "UPLOAD_CORRUPT: its sum differs");
    } catch (IOException e) {
      throw new AgentFailure("ARCHIVE_UNREADABLE: " + cargo.archive());
    }
  }

  private void uploadConfig(String folder, Path config) {
    try (InputStream in = Files.newInputStream(config)) {
      var done = ssh.run("umask 077; cat >" + quoted(folder + "/agent.json"), in, SHORT);
      if (done.code() != 0) throw new AgentFailure("CONFIG_UPLOAD_FAILED: " + done.lastWords());
    } catch (IOException e) {
      throw new AgentFailure("CONFIG_UNREADABLE: " + config);
    }
  }

  private String install(Plan plan, String folder, boolean root) {
    var script = new StringBuilder();
    // On the input, where no list of processes shows it.
    script.append("IFS= read -r VESPID_AGENT_PAIRING_TOKEN; export VESPID_AGENT_PAIRING_TOKEN; ");
    if (plan.apiBase() != null) {
      script.append("export VESPID_API_BASE=").append(quoted(plan.apiBase())).append("; ");
    }
    if (plan.prefix() == null && !root) {
      script.append("sudo -n --preserve-env=VESPID_AGENT_PAIRING_TOKEN,VESPID_API_BASE ");
    }
    script.append("sh ").append(quoted(folder + "/vespid-agent/install-service.sh"));
    if (plan.prefix() != null) script.append(" --prefix ").append(path(plan.prefix()));
    if (plan.config() != null) script.append(" --config ").append(quoted(folder + "/agent.json"));
    script.append(" --wait ").append(plan.waitSeconds());
    var token = plan.pairingToken() == null ? "" : plan.pairingToken();
    var done =
        ssh.run(
            script.toString(),
            new ByteArrayInputStream((token + "\n").getBytes(StandardCharsets.UTF_8)),
            SCRIPT_MARGIN.plusSeconds(2L * plan.waitSeconds()));
    if (done.code() != 0) throw new AgentFailure("INSTALL_FAILED: " + done.lastWords());
    return done.out().strip();
  }

  // In the home there when it begins with a tilde.
  private static String path(String prefix) {
    return prefix.startsWith("~/") ? "\"$HOME\"/" + quoted(prefix.substring(2)) : quoted(prefix);
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
