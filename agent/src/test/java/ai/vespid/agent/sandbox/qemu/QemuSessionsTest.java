package ai.vespid.agent.sandbox.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.agent.session.PortsAndDisksContract;
import ai.vespid.agent.session.SessionContract;
import ai.vespid.agent.session.SessionProvider;
import ai.vespid.agent.session.Sessions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sessions in real machines of QEMU. */
@Timeout(600)
class QemuSessionsTest implements PortsAndDisksContract {
  @TempDir Path directory;

  private SessionProvider provider;

  @BeforeAll
  static void qemu() {
    TestGuest.required();
  }

  @BeforeEach
  void assemble() throws IOException {
    provider = TestGuest.sandbox(Map.of(), directory).sessions(directory.resolve("qemu"));
    Files.createDirectories(directory.resolve("files"));
  }

  @AfterEach
  void removeAll() throws Exception {
    for (var handle : provider.list().keySet()) provider.destroy(handle);
  }

  @Override
  public SessionProvider provider() {
    return provider;
  }

  @Override
  public Path directory() {
    return directory;
  }

  @Override
  public SessionProvider restarted() {
    return TestGuest.sandbox(Map.of(), directory).sessions(directory.resolve("qemu"));
  }

  @Test
  void throughItsPortsNothingGetsOut() throws Exception {
    var sessions = sessions();
    sessions.create(SessionContract.wish("one", Map.of("web", 8080), null), SessionContract.time());
    sessions.start("one", SessionContract.time());
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      server.setSoTimeout(1_000);
      // QEMU's own network would lead from its gateway to this machine.
      var reach = "ip route add default via 10.0.2.2; nc -w 3 10.0.2.2 %d </dev/null";
      var script = reach.formatted(server.getLocalPort());

      assertThat(SessionContract.exec(sessions, "one", "sh", "-c", script).exitCode()).isNotZero();
      assertThatThrownBy(server::accept).isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void aWayOutIsRefused() throws Exception {
    var wish =
        new Sessions.Wish(
            "one", "w", null, null, Map.of(), Map.of(), true, null, null, null, Map.of());

    assertThatThrownBy(() -> sessions().create(wish, SessionContract.time()))
        .hasMessageStartingWith("SANDBOX_NETWORK_UNSUPPORTED");
  }

  @Override
  public boolean runs(Sessions sessions, String seconds) throws Exception {
    // Its processes are none of this machine's.
    var script =
        "for p in /proc/[0-9]*; do case \"$(tr '\\0' ' ' <$p/cmdline)\" in \"sleep SECONDS \")"
            + " echo yes; esac; done";
    return SessionContract.exec(sessions, "one", "sh", "-c", script.replace("SECONDS", seconds))
        .stdout()
        .contains("yes");
  }
}
