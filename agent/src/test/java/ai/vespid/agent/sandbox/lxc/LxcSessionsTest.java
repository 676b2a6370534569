package ai.vespid.agent.sandbox.lxc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vespid.agent.sandbox.Owner;
import ai.vespid.agent.sandbox.SandboxContract;
import ai.vespid.agent.sandbox.docker.DockerSettings;
import ai.vespid.agent.session.PortsAndDisksContract;
import ai.vespid.agent.session.SessionContract;
import ai.vespid.agent.session.SessionProvider;
import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions in real containers of LXC. */
class LxcSessionsTest implements PortsAndDisksContract {
  private static final String ROOT_FS = System.getenv("VESPID_TEST_LXC_ROOTFS");

  @TempDir Path directory;

  private SessionProvider provider;
  private TestBridge bridge;

  @BeforeAll
  static void lxc() {
    assumeTrue(ROOT_FS != null, "no LXC: .ci/run installs it where it can run");
  }

  @BeforeEach
  void assemble() throws IOException {
    provider = provider(null);
    Files.createDirectories(directory.resolve("files"));
  }

  private SessionProvider provider(LxcNetwork network) {
    var problems = new Problems();
    var settings = Settings.of(Map.of(), Map.of(), problems);
    var options = DockerSettings.read(settings, CHARS_MAX, problems);
    problems.check();
    var sandbox =
        new LxcSandbox(
            options,
            Owner.self("agent", "boot-" + directory.getFileName()),
            Path.of(ROOT_FS),
            directory.resolve("state-of-tasks"),
            300,
            network,
            SandboxContract::agentVariable);
    return sandbox.sessions(directory.resolve("lxc"));
  }

  @Override
  public SessionProvider restarted() {
    return provider(bridge == null ? null : bridge.network());
  }

  @Override
  public void servicesRequired() {
    bridge = new TestBridge();
    provider = provider(bridge.network());
  }

  @AfterEach
  void removeAll() throws Exception {
    for (var handle : provider.list().keySet()) provider.destroy(handle);
    if (bridge != null) bridge.close();
  }

  @Override
  public SessionProvider provider() {
    return provider;
  }

  @Override
  public Path directory() {
    return directory;
  }

  @Test
  void whatRunsInItHasNoPrivilege() throws Exception {
    var sessions = sessions();
    sessions.create(SessionContract.wish("one"), SessionContract.time());
    sessions.start("one", SessionContract.time());

    var output = SessionContract.exec(sessions, "one", "cat", "/proc/self/status");

    assertThat(output.stdout())
        .contains("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000")
        .contains("NoNewPrivs:\t1", "Seccomp:\t2");
    assertThat(SessionContract.exec(sessions, "one", "unshare", "-U", "true").exitCode())
        .isNotZero();
  }

  @Test
  void withoutABridgeServicesAreRefused() throws Exception {
    var wish = SessionContract.wish("one", Map.of("web", 8080), null);

    assertThatThrownBy(() -> sessions().create(wish, SessionContract.time()))
        .hasMessageStartingWith("SANDBOX_NETWORK_UNSUPPORTED");
    assertThat(provider.list()).isEmpty();
  }
}
