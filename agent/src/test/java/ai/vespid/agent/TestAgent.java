package ai.vespid.agent;

import ai.vespid.agent.command.Node;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.sandbox.HostSandbox;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.task.TaskRunner;
import ai.vespid.agent.tool.Tools;
import ai.vespid.agent.work.Journal;
import ai.vespid.agent.work.Outbox;
import ai.vespid.agent.workspace.WorkspaceCache;
import ai.vespid.protocol.Pool;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * An agent in this process, all of it below one folder, whose scripts run on the host. What a test
 * needs to be otherwise it says before {@link #make}.
 */
final class TestAgent {
  final String bootId = UUID.randomUUID().toString();
  private final Path directory;
  private UnaryOperator<String> environment = System::getenv;
  private NodeEngines engines = NodeEngines.none();
  private Optional<Node> node = Optional.empty();
  private List<String> connectors = List.of();
  private List<String> labels = List.of();
  private int maxInFlight = 4;
  private boolean executes = true;

  TestAgent(Path directory) {
    this.directory = directory;
  }

  TestAgent environment(UnaryOperator<String> variables) {
    environment = variables;
    return this;
  }

  TestAgent engines(NodeEngines some) {
    engines = some;
    return this;
  }

  TestAgent commands(Node some) {
    node = Optional.of(some);
    return this;
  }

  TestAgent connectors(String... some) {
    connectors = List.of(some);
    return this;
  }

  TestAgent labels(String... some) {
    labels = List.of(some);
    return this;
  }

  TestAgent maxInFlight(int some) {
    maxInFlight = some;
    return this;
  }

  /** It executes nothing. */
  TestAgent idle() {
    executes = false;
    return this;
  }

  /** The agent, which is to be started. */
  Agent make(Vertx vertx, TestGateway gateway) throws IOException {
    var sandboxes = Sandboxes.only(new HostSandbox(bootId, 300, 4_096, environment));
    var cache = new WorkspaceCache(directory.resolve("ws"), WorkspaceCache.Limits.defaults());
    var runner = new TaskRunner(sandboxes, Map.of(), cache, engines, Tools.none(), node);
    var config =
        new AgentConfig(
            Pool.BYON,
            TestGateway.EXECUTOR,
            TestGateway.TOKEN,
            TestGateway.ORGANIZATION,
            gateway.url(),
            null,
            "test",
            null,
            new AgentConfig.Capabilities(null, labels, maxInFlight));
    return new Agent(
        vertx,
        config,
        new AgentParts(
            bootId,
            TestGateway.way(bootId),
            runner,
            sandboxes,
            engines,
            connectors,
            new Journal(directory.resolve("journal"), Duration.ofMinutes(15), 100),
            new Outbox(new Outbox.Limits(100, 1 << 20, 900_000, 300)),
            directory,
            executes));
  }
}
