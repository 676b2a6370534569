package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.command.Site;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.sandbox.HostSandbox;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.task.TaskRunner;
import ai.vespid.agent.tool.Tools;
import ai.vespid.agent.work.Journal;
import ai.vespid.agent.work.Outbox;
import ai.vespid.agent.workspace.WorkspaceCache;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.command.CommandCall;
import ai.vespid.protocol.command.CommandResult;
import ai.vespid.protocol.command.CommandResult.Status;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that come as dispatches: each has one result, and what is offered is told. */
class CommandDispatchTest {
  @TempDir Path directory;

  private final TestGateway gateway = new TestGateway();
  private final Vertx vertx = Vertx.vertx();
  private Site site;
  private Agent agent;

  @BeforeEach
  void start() throws IOException {
    site = new Site(directory);
    var bootId = UUID.randomUUID().toString();
    var sandboxes = Sandboxes.only(new HostSandbox(bootId, 300, 4096, System::getenv));
    var cache = new WorkspaceCache(directory.resolve("ws"), WorkspaceCache.Limits.defaults());
    var engines = NodeEngines.none();
    var commands = Optional.of(site.node);
    var runner = new TaskRunner(sandboxes, Map.of(), cache, engines, Tools.none(), commands);
    var journal = new Journal(directory.resolve("journal"), Duration.ofMinutes(15), 100);
    var outbox = new Outbox(new Outbox.Limits(100, 1 << 20, 900_000, 300));
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
            new AgentConfig.Capabilities(null, List.of(), 4));
    agent =
        new Agent(
            vertx,
            config,
            new AgentParts(
                bootId,
                TestGateway.way(bootId),
                runner,
                sandboxes,
                engines,
                List.of(),
                journal,
                outbox));
    agent.start();
  }

  @AfterEach
  void stop() {
    agent.stop(Duration.ZERO);
    vertx.close().await();
    gateway.close();
  }

  private static InvokeTool command(String requestId, int epoch, String name, String args) {
    var call = new CommandCall(requestId + "-id", name, RawJson.of(args));
    return TestGateway.invoke(requestId, epoch, Kind.AGENT_COMMAND, RawJson.from(call))
        .of(TestGateway.ORGANIZATION);
  }

  private ToolResult run(InvokeTool invoke) throws Exception {
    gateway.send(invoke);
    var result = gateway.next(ToolResult.class);
    gateway.acknowledge(result);
    return result;
  }

  private static CommandResult said(ToolResult result) {
    return Json.read(result.output().bytes(), CommandResult.class);
  }

  @Test
  void theHelloOffersWhatCanBeAskedFor() throws Exception {
    var hello = gateway.next(Hello.class);

    assertThat(hello.kinds()).doesNotContain(Kind.AGENT_COMMAND);
    assertThat(hello.allKinds()).contains(Kind.AGENT_COMMAND, Kind.AGENT_EXECUTE);
    assertThat(hello.features())
        .contains("ack", "commands", "commands:session.create", "commands:system.health")
        .doesNotContain("commands:create_panel_user");
  }

  @Test
  void everyCommandHasItsOneResult() throws Exception {
    gateway.connection();
    var create = "{\"session_id\":\"s1\",\"workspace_path\":\"w\"}";

    var created = run(command("request-01", 1, "session.create", create));
    var again = run(command("request-02", 1, "session.create", create));
    var denied = run(command("request-03", 1, "list_users", "{}"));
    var unknown = run(command("request-04", 1, "panel.dance", "{}"));

    assertThat(created.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(said(created).id()).isEqualTo("request-01-id");
    assertThat(said(created).status()).isEqualTo(Status.SUCCESS);
    assertThat(again.error()).isEqualTo("COMMAND_FAILED:SESSION_FAILED");
    assertThat(said(again).error()).isEqualTo("session s1 already exists");
    assertThat(denied.error()).isEqualTo("COMMAND_DENIED:SCRIPT_NOT_FOUND");
    assertThat(said(unknown).error()).isEqualTo("unknown command type: panel");
    assertThat(site.memory.all()).hasSize(1);
  }

  @Test
  void aCommandThatArrivesTwiceIsCarriedOutOnce() throws Exception {
    gateway.connection();
    var create =
        command(
            "request-01",
            1,
            "session.create",
            "{\"session_id\":\"s1\"," + "\"workspace_path\":\"w\"}");
    site.memory.creations.drainPermits();

    gateway.send(create);
    gateway.send(create);
    site.memory.creations.release(10);
    var result = gateway.next(ToolResult.class);
    gateway.acknowledge(result);

    assertThat(said(result).status()).isEqualTo(Status.SUCCESS);
    assertThat(gateway.poll(ToolResult.class, 700)).isNull();
  }

  @Test
  void theGatewayHearsOfSystemAndConnection() throws Exception {
    gateway.connection();

    var health = run(command("request-01", 1, "system.health", "{}"));

    var output = Site.output(said(health));
    assertThat(output.at("/network/connected").asBoolean()).isTrue();
    assertThat(output.at("/memory/totalBytes").asLong()).isPositive();
  }

  @Test
  void whatIsNoCommandIsRefused() throws Exception {
    gateway.connection();
    var broken =
        TestGateway.invoke("request-01", 1, Kind.AGENT_COMMAND, RawJson.of("{\"name\": 5}"))
            .of(TestGateway.ORGANIZATION);

    assertThat(run(broken).error()).isEqualTo("INVALID_COMMAND_PAYLOAD");
  }
}
