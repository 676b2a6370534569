package ai.vespid.agent.sandbox.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vespid.agent.sandbox.Owner;
import ai.vespid.agent.session.PortsAndDisksContract;
import ai.vespid.agent.session.SessionContract;
import ai.vespid.agent.session.SessionProvider;
import ai.vespid.agent.session.Sessions;
import com.github.dockerjava.api.model.ExposedPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions in a real engine. */
class DockerSessionsTest implements PortsAndDisksContract {
  @TempDir Path directory;

  private SessionProvider provider;

  @BeforeAll
  static void engine() {
    TestEngine.required();
  }

  @BeforeEach
  void assemble() throws IOException {
    provider =
        TestEngine.sandbox(Map.of(), directory).sessions("agent-of-" + directory.getFileName());
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
    return TestEngine.sandbox(Map.of(), directory).sessions("agent-of-" + directory.getFileName());
  }

  @Override
  public void servicesRequired() {
    assumeTrue(hasBridge(), "this engine has no network of its own");
  }

  private static boolean hasBridge() {
    return TestEngine.client().listNetworksCmd().withNameFilter("bridge").exec().stream()
        .anyMatch(network -> network.getName().equals("bridge"));
  }

  @Test
  void portsThatTheEngineDoesNotPublishAreRefusedAndNotIgnored() throws Exception {
    assumeFalse(hasBridge(), "this engine publishes them");
    var sessions = sessions();
    sessions.create(SessionContract.wish("one", Map.of("web", 8080), null), SessionContract.time());

    assertThatThrownBy(() -> sessions.start("one", SessionContract.time()))
        .hasMessageStartingWith("SANDBOX_NETWORK_UNSUPPORTED");
    assertThat(provider.list().values()).noneMatch(SessionProvider.Found::running);
  }

  @Test
  void theReaperOfTasksLeavesSessionsAlone() throws Exception {
    var sessions = sessions();
    sessions.create(SessionContract.wish("one"), SessionContract.time());
    sessions.start("one", SessionContract.time());

    // As another process of the same agent, which has nothing to do with the first.
    new DockerSandbox(
            TestEngine.options(Map.of()),
            Owner.self("agent-of-" + directory.getFileName(), "another-boot"),
            "boot-of-" + directory.getFileName(),
            directory.resolve("trials"),
            name -> null)
        .endOrphans();

    assertThat(provider.list().values()).singleElement().matches(SessionProvider.Found::running);
  }

  @Test
  void servicesGetPortsOfThisMachineAlone() throws Exception {
    var sessions = sessions();
    var wish = SessionContract.wish("one");
    var session =
        sessions.create(
            new Sessions.Wish(
                "one",
                "w",
                null,
                null,
                wish.env(),
                Map.of("web", 8080),
                null,
                64L << 20,
                500_000_000L,
                null,
                Map.of("user", "ada")),
            SessionContract.time());

    var shown =
        TestEngine.client()
            .inspectContainerCmd("vespid-session-" + session.record().handle())
            .exec();

    var bound = shown.getHostConfig().getPortBindings().getBindings().get(ExposedPort.tcp(8080));
    assertThat(bound[0].getHostIp()).isEqualTo("127.0.0.1");
    assertThat(shown.getHostConfig().getNetworkMode()).isEqualTo("bridge");
    assertThat(shown.getHostConfig().getMemory()).isEqualTo(64L << 20);
    assertThat(shown.getHostConfig().getNanoCPUs()).isEqualTo(500_000_000L);
    assertThat(shown.getConfig().getEnv()).contains("VESPID_SERVICE_WEB_PORT=8080");
    assertThat(shown.getConfig().getLabels()).containsEntry("user", "ada");
    assertThat(shown.getConfig().getLabels().toString()).doesNotContain("a b");
  }
}
