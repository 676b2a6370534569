package ai.vespid.agent.install;

import ai.vespid.agent.AgentFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code install user@host}: installs the agent on another machine, or brings it up to date. */
@Command(
    name = "install",
    description = "Installs the agent on another machine over SSH, or brings it up to date there.",
    mixinStandardHelpOptions = true)
public final class Install implements Callable<Integer> {
  private static final List<String> IDENTITIES = List.of("id_ed25519", "id_ecdsa", "id_rsa");

  @Spec private CommandSpec command;

  @Parameters(index = "0", paramLabel = "user@host[:port]")
  private String destination;

  @Option(names = "--archive", description = "What to install; default this agent itself.")
  private Path archive;

  @Option(names = "--identity", description = "Private key; default those in ~/.ssh.")
  private Path identity;

  @Option(names = "--known-hosts", description = "Keys of hosts; default ~/.ssh/known_hosts.")
  private Path knownHosts;

  @Option(names = "--host-key", description = "The host's key, SHA256:…, instead of that file.")
  private String hostKey;

  @Option(names = "--accept-new", description = "Learns the key of a host that has none yet.")
  private boolean acceptNew;

  @Option(names = "--prefix", description = "Folder there to install below, without root.")
  private String prefix;

  @Option(names = "--config", description = "Config file of the agent, if it has none there.")
  private Path config;

  @Option(
      names = "--pairing-token",
      defaultValue = "${env:VESPID_AGENT_PAIRING_TOKEN}",
      description = "Pairs it there; also from VESPID_AGENT_PAIRING_TOKEN.")
  private String pairingToken;

  @Option(names = "--api-base", defaultValue = "${env:VESPID_API_BASE}")
  private String apiBase;

  @Option(
      names = "--wait",
      defaultValue = "30",
      description = "Seconds until it has to be connected; else the version before runs again.")
  private int waitSeconds;

  @Override
  public Integer call() {
    var to = Destination.parse(destination);
    if (waitSeconds < 1 || waitSeconds > 600) throw new AgentFailure("WAIT_INVALID: 1 to 600");
    if (config != null && !Files.isReadable(config)) {
      throw new AgentFailure("CONFIG_UNREADABLE: " + config);
    }
    var home = Path.of(System.getProperty("user.home"), ".ssh");
    var known = knownHosts == null ? home.resolve("known_hosts") : knownHosts;
    Path packed = null;
    try {
      if (archive == null) packed = Files.createTempFile("vespid-agent", ".tar.gz");
      var cargo = archive == null ? Cargo.packed(own(), packed) : Cargo.of(archive);
      var hostKeys = new HostKeys(to, known, hostKey, acceptNew);
      try (var ssh = new Ssh(to, hostKeys, identities(home))) {
        return install(ssh, cargo);
      }
    } catch (IOException e) {
      throw new AgentFailure("ARCHIVE_UNREADABLE: no room for it here");
    } finally {
      delete(packed);
    }
  }

  private int install(Ssh ssh, Cargo cargo) {
    var out = command.commandLine().getOut();
    var plan =
        new Installation.Plan(
            cargo, machine(cargo), prefix, config, pairingToken, apiBase, waitSeconds);
    out.println(new Installation(ssh, out::println).run(plan));
    return 0;
  }

  private static void delete(Path file) {
    try {
      if (file != null) Files.deleteIfExists(file);
    } catch (IOException e) {
      file.toFile().deleteOnExit();
    }
  }

  // As the launcher says.
  private static Path own() {
    var home = System.getProperty("vespid.agent.home");
    if (home == null || !Files.isExecutable(Path.of(home, "install-service.sh"))) {
      throw new AgentFailure("ARCHIVE_REQUIRED: this agent runs from no archive; say --archive");
    }
    return Path.of(home);
  }

  // An archive with a Java of its own is for one kind of machine; its name or our own says which.
  private String machine(Cargo cargo) {
    if (archive == null) {
      boolean portable = !Files.isDirectory(own().resolve("runtime"));
      return portable ? null : System.getProperty("os.arch").replace("amd64", "x86_64");
    }
    var name = cargo.archive().getFileName().toString();
    if (name.contains("linux-x64")) return "x86_64";
    return name.contains("linux-arm64") ? "aarch64" : null;
  }

  private List<Path> identities(Path home) {
    var there =
        (identity == null ? IDENTITIES.stream().map(home::resolve) : Stream.of(identity))
            .filter(Files::isReadable)
            .toList();
    if (there.isEmpty()) {
      throw new AgentFailure("IDENTITY_ABSENT: there is no private key; say --identity");
    }
    return there;
  }
}
