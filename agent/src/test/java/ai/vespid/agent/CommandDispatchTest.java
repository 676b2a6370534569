package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.command.CommandPolicy;
import ai.vespid.agent.command.Site;
import ai.vespid.agent.session.Bounds;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
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
    agent = new TestAgent(directory).commands(site.node).make(vertx, gateway);
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

  @Test
  void anAgentThatExecutesNothingDeniesWhatComesAndOffersNothing() throws Exception {
    agent.stop(Duration.ZERO);
    agent = new TestAgent(directory).commands(idle().node).idle().make(vertx, gateway);
    agent.start();
    Hello hello;
    do hello = gateway.next(Hello.class);
    while (hello.kinds().size() > 1);

    var denied = run(command("request-01", 1, "system.status", "{}"));
    var refused = run(TestGateway.shell("request-02", 1, "true"));

    assertThat(hello.features()).contains("commands").noneMatch(f -> f.startsWith("commands:"));
    assertThat(hello.connectors()).isEmpty();
    assertThat(hello.kinds()).containsExactly(Kind.CONNECTOR_ACTION);
    assertThat(denied.error()).isEqualTo("COMMAND_DENIED:EXECUTION_DISABLED");
    assertThat(said(denied).status()).isEqualTo(Status.DENIED);
    assertThat(refused.error()).isEqualTo("EXECUTION_DISABLED");
  }

  private Site idle() throws IOException {
    var policy = new CommandPolicy(List.of("*"), List.of("*"), false);
    return new Site(directory.resolve("idle"), policy, new Bounds(1_000, 0, 0, 0));
  }
}
