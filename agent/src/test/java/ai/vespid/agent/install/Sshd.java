package ai.vespid.agent.install;

import ai.vespid.agent.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A real sshd on a port of this machine, with keys of its own. */
final class Sshd implements AutoCloseable {
  private static final List<Path> PLACES =
      List.of(Path.of("/usr/sbin/sshd"), Path.of("/usr/bin/sshd"), Path.of("/usr/local/sbin/sshd"));

  private final Path folder;
  private final int port;
  private final Process process;

  Sshd(Path folder) throws Exception {
    this.folder = folder;
    this.port = freePort();
    keygen("host");
    keygen("client");
    Files.copy(folder.resolve("client.pub"), folder.resolve("authorized"));
    // Where it locks itself in before it knows who calls, when it is root.
    if ("root".equals(System.getProperty("user.name"))) {
      Files.createDirectories(Path.of("/run/sshd"));
    }
    var config = folder.resolve("sshd_config");
    Files.writeString(
        config,
        """
        ListenAddress 127.0.0.1
        Port %d
        HostKey %s
        AuthorizedKeysFile %s
        PidFile none
        StrictModes no
        UsePAM no
        PasswordAuthentication no
        """
            .formatted(port, folder.resolve("host"), folder.resolve("authorized")));
    process =
        new ProcessBuilder(program().toString(), "-D", "-e", "-f", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("sshd.log").toFile())
            .start();
    Eventually.is("sshd listens", this::listens);
  }

  /** Where it is, or null. */
  static Path program() {
    return PLACES.stream().filter(Files::isExecutable).findFirst().orElse(null);
  }

  private boolean listens() {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    try (var free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      return free.getLocalPort();
    }
  }

  private void keygen(String name) throws Exception {
    var made =
        new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "" + path(name))
            .inheritIO()
            .start();
    if (made.waitFor() != 0) throw new AssertionError("ssh-keygen failed");
  }

  private Path path(String name) {
    return folder.resolve(name);
  }

  String destination() {
    return System.getProperty("user.name") + "@127.0.0.1:" + port;
  }

  /** The key that it lets in. */
  Path identity() {
    return path("client");
  }

  /** A file that knows it. */
  Path knownHosts() throws IOException {
    return knownHosts("known", Files.readString(path("host.pub")));
  }

  /** A file that knows its address with this key. */
  Path knownHosts(String name, String key) throws IOException {
    var parts = key.strip().split(" ");
    var line = "[127.0.0.1]:%d %s %s\n".formatted(port, parts[0], parts[1]);
    return Files.writeString(path(name), line);
  }

  String fingerprint() throws Exception {
    var shown = new ProcessBuilder("ssh-keygen", "-lf", path("host.pub").toString()).start();
    var text = new String(shown.getInputStream().readAllBytes());
    return Stream.of(text.split(" ")).filter(part -> part.startsWith("SHA256:")).findFirst().get();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    process.onExit().join();
  }
}
