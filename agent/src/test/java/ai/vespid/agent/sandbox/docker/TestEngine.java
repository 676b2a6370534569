package ai.vespid.agent.sandbox.docker;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vespid.agent.sandbox.Owner;
import ai.vespid.agent.sandbox.SandboxContract;
import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.settings.Settings;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.Container;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The real engine that {@code .ci/run} starts for the tests, named by {@code
 * VESPID_TEST_DOCKER_HOST}, with an image of busybox named by {@code VESPID_TEST_DOCKER_IMAGE}.
 */
public final class TestEngine {
  public static final String HOST = System.getenv("VESPID_TEST_DOCKER_HOST");
  public static final String IMAGE = System.getenv("VESPID_TEST_DOCKER_IMAGE");

  private TestEngine() {}

  /** Skips the test on a machine where no engine can run. */
  public static void required() {
    assumeTrue(HOST != null && IMAGE != null, "no engine: .ci/run starts one where it can run");
  }

  static DockerClient client() {
    return new Engine(HOST).client();
  }

  static DockerOptions options(Map<String, String> environment) {
    var all = new HashMap<>(Map.of("DOCKER_HOST", HOST, "VESPID_AGENT_DOCKER_IMAGE", IMAGE));
    all.putAll(environment);
    var problems = new Problems();
    var settings = Settings.of(all, Map.of(), problems);
    var options = DockerSettings.read(settings, SandboxContract.CHARS_MAX, problems);
    problems.check();
    return options;
  }

  static DockerSandbox sandbox(Map<String, String> environment, Path directory) {
    return new DockerSandbox(
        options(environment),
        Owner.self("agent-of-" + directory.getFileName(), "boot-of-" + directory.getFileName()),
        "",
        directory.resolve("trials"),
        SandboxContract::agentVariable);
  }

  /** Starts a container that does nothing and tells its id. */
  public static String start(Map<String, String> labels) {
    var created =
        client().createContainerCmd(IMAGE).withLabels(labels).withCmd("sleep", "600").exec();
    client().startContainerCmd(created.getId()).exec();
    return created.getId();
  }

  public static boolean runs(String id) {
    return Boolean.TRUE.equals(client().inspectContainerCmd(id).exec().getState().getRunning());
  }

  public static void remove(String id) {
    client().removeContainerCmd(id).withForce(true).exec();
  }

  /** All containers of an agent, those that ended included. */
  public static List<Container> containersOf(String agent) {
    return client()
        .listContainersCmd()
        .withShowAll(true)
        .withLabelFilter(Map.of(Owner.AGENT, agent))
        .exec();
  }

  /** All containers of an agent's sessions. */
  public static List<Container> sessionsOf(String agent) {
    return client()
        .listContainersCmd()
        .withShowAll(true)
        .withLabelFilter(Map.of("ai.vespid.session.agent", agent))
        .exec();
  }
}
