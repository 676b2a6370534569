package ai.vespid.agent.command;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.Eventually;
import ai.vespid.agent.session.Bounds;
import ai.vespid.protocol.command.CommandResult;
import ai.vespid.protocol.command.CommandResult.Status;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandDeskTest {
  private static final String CREATE = "{'session_id': 's1', 'workspace_path': 'w1'}";

  @TempDir Path directory;

  private Site site;

  @BeforeEach
  void assemble() throws IOException {
    site = new Site(directory);
  }

  private static void failed(CommandResult result, Status status, String code, String error) {
    assertThat(result.status()).isEqualTo(status);
    assertThat(result.code()).isEqualTo(code);
    assertThat(result.error()).isEqualTo(error);
  }

  @Test
  void aResultSaysEverythingAboutItsCommand() {
    var result = site.run("session.create", CREATE);

    assertThat(result.id()).isEqualTo("c0");
    assertThat(result.nodeId()).isEqualTo(Site.NODE);
    assertThat(result.command()).isEqualTo("session.create");
    assertThat(result.status()).isEqualTo(Status.SUCCESS);
    assertThat(Site.output(result).get("message").asText())
        .isEqualTo("Session s1 created successfully");
    assertThat(Site.output(result).at("/session/status").asText()).isEqualTo("created");
    assertThat(result.error()).isNull();
    assertThat(result.durationMs()).isPositive();
    assertThat(result.finished()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    assertThat(directory.resolve("files/w1")).isDirectory();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "session.create | {'workspace_path': 'w'} | session_id parameter required",
        "session.create | {'session_id': 's'} | workspace_path parameter required",
        "session.exec | {'session_id': 's'} | command parameter required",
        "service.status | {} | service parameter required",
        "session.dance | {} | unknown session command: dance",
        "panel.create | {} | unknown command type: panel",
        "session.list | {'extra': 1} | args: session.list takes no other arguments than []",
        "session.start | {'session_id': '../s'} | session_id: must be 1 to 63 letters, digits,"
            + " dots, dashes and underscores"
      })
  void whatIsNotOfItsShapeIsToldAndNothingIsDone(String name, String args, String error) {
    var result = site.run(name, args);

    assertThat(result.status()).isEqualTo(Status.FAILED);
    assertThat(result.error()).isEqualTo(error);
    assertThat(site.memory.all()).isEmpty();
  }

  @Test
  void sessionsThatAreThereOrNotAreCalledSo() {
    site.run("session.create", CREATE);

    failed(
        site.run("session.create", CREATE),
        Status.FAILED,
        "SESSION_FAILED",
        "session s1 already exists");
    failed(
        site.run("session.stop", "{'session_id': 'other'}"),
        Status.FAILED,
        "SESSION_FAILED",
        "session other not found");
    assertThat(site.memory.all()).hasSize(1);
  }

  @Test
  void aProviderThatIsNotAllowedIsDeniedAndOneThatFailsIsNotAvailable() {
    var create = CREATE.replace("}", ", 'provider': '%s'}");

    failed(
        site.run("session.create", create.formatted("docker")),
        Status.DENIED,
        "PROVIDER_NOT_ALLOWED",
        "provider docker not available");
    site.memory.breaks("it is away");
    site.node.sessions().providers().probe();
    failed(
        site.run("session.create", CREATE),
        Status.FAILED,
        "SESSION_FAILED",
        "provider memory not available");
  }

  @Test
  void whatCouldNotBeMadeLeavesNothing() {
    site.memory.failsToCreate("no such image");

    failed(
        site.run("session.create", CREATE),
        Status.FAILED,
        "SESSION_FAILED",
        "failed to create session: no such image");
    assertThat(site.memory.all()).isEmpty();
    site.memory.failsToCreate(null);
    assertThat(site.run("session.create", CREATE).status()).isEqualTo(Status.SUCCESS);
  }

  @ParameterizedTest
  @CsvSource({"../out", "/etc", "a/../../b", "link/in", "."})
  void aWorkspaceStaysInItsFolders(String path) throws IOException {
    Files.createDirectories(directory.resolve("files"));
    Files.createSymbolicLink(directory.resolve("files/link"), directory);

    var result =
        site.run("session.create", "{'session_id': 's1', 'workspace_path': '%s'}".formatted(path));

    assertThat(result.code()).isEqualTo("WORKDIR_PATH_ESCAPE");
    assertThat(site.memory.all()).isEmpty();
    assertThat(directory.resolve("in")).doesNotExist();
  }

  @Test
  void moreThanTheNodeHasIsRefused() throws IOException {
    site = new Site(directory, CommandPolicy.ALL, new Bounds(2, 100L << 20, 0, 0));
    var create = "{'session_id': '%s', 'workspace_path': 'w', 'memory_mb': %d}";

    site.run("session.create", create.formatted("a", 60));
    var tooMuch = site.run("session.create", create.formatted("b", 60));
    site.run("session.create", create.formatted("b", 30));
    var tooMany = site.run("session.create", create.formatted("c", 16));

    assertThat(tooMuch.code()).isEqualTo("QUOTA_EXCEEDED");
    assertThat(tooMuch.error()).contains("memory in MiB: 120 of 100");
    assertThat(tooMany.error()).contains("sessions: at most 2");
    assertThat(site.memory.all()).hasSize(2);
    site.run("session.destroy", "{'session_id': 'a'}");
    assertThat(site.run("session.create", create.formatted("c", 60)).status())
        .isEqualTo(Status.SUCCESS);
  }

  @Test
  void onlyWhatIsOnTheListsIsDone() throws IOException {
    var policy = new CommandPolicy(List.of("session.*", "system.info"), List.of("echo"), true);
    site = new Site(directory, policy, new Bounds(10, 0, 0, 0));
    site.run("session.create", CREATE);
    site.run("session.start", "{'session_id': 's1'}");

    failed(
        site.run("system.health", "{}"),
        Status.DENIED,
        "UNKNOWN_VERB",
        "system.health is not allowed on this agent");
    failed(
        site.run("session.exec", "{'session_id': 's1', 'command': 'echo x; rm -rf /'}"),
        Status.DENIED,
        "PROGRAM_NOT_ALLOWED",
        "this agent does not run sh in sessions");
    assertThat(site.run("session.exec", "{'session_id': 's1', 'command': ['echo', 'x']}").status())
        .isEqualTo(Status.SUCCESS);
    assertThat(site.node.desk().offered())
        .contains("session.create", "system.info")
        .doesNotContain("system.health", "service.list");
  }

  @Test
  void twoThatWantTheSameNameAtOnceGetOneSession() {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var both =
          List.of(
              CompletableFuture.supplyAsync(() -> site.run("session.create", CREATE), threads),
              CompletableFuture.supplyAsync(() -> site.run("session.create", CREATE), threads));

      assertThat(both.stream().map(CompletableFuture::join).map(CommandResult::status))
          .containsExactlyInAnyOrder(Status.SUCCESS, Status.FAILED);
    }
    assertThat(site.memory.all()).hasSize(1);
  }

  @Test
  void servicesAreFoundAskedAndForgotten() throws Exception {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/health",
        exchange -> {
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    site.memory.serves(Map.of("web", server.getAddress().getPort(), "dead", 9));
    site.run(
        "session.create",
        "{'session_id': 's1', 'workspace_path': 'w', 'services': {'web': 80, 'dead': 81}}");
    assertThat(Site.output(site.run("service.list", "{}"))).isEmpty();
    site.run("session.start", "{'session_id': 's1'}");

    var listed = Site.output(site.run("service.list", "{}"));
    var web = Site.output(site.run("service.status", "{'service': 's1.web'}"));
    var dead = Site.output(site.run("service.status", "{'service': 's1.dead'}"));
    server.stop(0);

    assertThat(listed.has("s1.web") && listed.has("s1.dead")).isTrue();
    assertThat(web.get("health").asText()).isEqualTo("healthy");
    assertThat(web.get("port").asInt()).isEqualTo(server.getAddress().getPort());
    assertThat(web.at("/metadata/session_id").asText()).isEqualTo("s1");
    assertThat(dead.get("health").asText()).isEqualTo("unhealthy");
    assertThat(Site.output(site.run("service.status", "{'service': 's1.web'}")).get("health"))
        .hasToString("\"unhealthy\"");
    site.run("session.stop", "{'session_id': 's1'}");
    assertThat(Site.output(site.run("service.status", "{'service': 's1.web'}")).get("health"))
        .hasToString("\"stopped\"");
    site.memory.all().clear();
    failed(
        site.run("service.status", "{'service': 's1.web'}"),
        Status.FAILED,
        "SESSION_FAILED",
        "service s1.web not found");
  }

  @Test
  void whatIsToldOfTheSystemIsMeasured() {
    site.run("session.create", CREATE);
    site.node.sessions().providers().probe();

    var info = Site.output(site.run("system.info", "{}"));
    var status = Site.output(site.run("system.status", "{}"));
    var health = Site.output(site.run("system.health", "{}"));

    assertThat(site.node.prometheus())
        .contains("vespid_agent_sessions{provider=\"memory\",state=\"created\"} 1\n")
        .contains("vespid_agent_commands_total{outcome=\"success\"} 4\n");
    assertThat(info.get("cpus").asInt()).isEqualTo(Runtime.getRuntime().availableProcessors());
    assertThat(info.get("javaVersion").asText()).isEqualTo(Runtime.version().toString());
    assertThat(status.get("sessions").asInt()).isOne();
    assertThat(status.get("capabilities")).hasToString("[\"memory\"]");
    assertThat(status.get("status").asText()).isEqualTo("active");
    assertThat(health.get("status").asText()).isEqualTo("healthy");
    assertThat(health.at("/memory/totalBytes").asLong())
        .isEqualTo(info.get("memoryBytes").asLong());
    assertThat(health.at("/memory/usedBytes").asLong()).isPositive();
    assertThat(health.at("/diskSpace/usedPercent").asDouble()).isBetween(0.1, 100.0);
    assertThat(health.at("/providers/memory").asText()).isEqualTo("available");
    site.memory.breaks("it is away");
    var worse = Site.output(site.run("system.health", "{}"));
    assertThat(worse.get("status").asText()).isEqualTo("degraded");
    assertThat(worse.at("/providers/memory").asText()).isEqualTo("it is away");
  }

  @Test
  void anAgentThatExecutesNothingDeniesEverything() throws IOException {
    var policy = new CommandPolicy(List.of("*"), List.of("*"), false);
    var idle = new Site(directory.resolve("idle"), policy, new Bounds(1_000, 0, 0, 0));

    var denied = idle.run("system.status", "{}");

    assertThat(denied.status()).isEqualTo(Status.DENIED);
    assertThat(denied.code()).isEqualTo("EXECUTION_DISABLED");
    assertThat(idle.node.desk().offered()).isEmpty();
  }

  private String statusOf(String service) {
    return Site.output(site.run("service.list", "{}")).path(service).path("status").asText();
  }

  @Test
  void aServiceIsStoppedAndStartedByItsName() throws Exception {
    site.run(
        "session.create", "{'session_id': 's1', 'workspace_path': 'w', 'services': {'web': 80}}");
    site.run("session.start", "{'session_id': 's1'}");
    site.memory.changes.drainPermits();

    var stopped =
        CompletableFuture.supplyAsync(() -> site.run("service.stop", "{'service': 's1.web'}"));
    Eventually.is("it is stopping", () -> statusOf("s1.web").equals("stopping"));
    site.memory.changes.release();
    assertThat(Site.output(stopped.get()).path("status").asText()).isEqualTo("stopped");
    var started =
        CompletableFuture.supplyAsync(() -> site.run("service.start", "{'service': 's1.web'}"));
    Eventually.is("it is starting", () -> statusOf("s1.web").equals("starting"));
    site.memory.changes.release();
    assertThat(Site.output(started.get()).path("status").asText()).isEqualTo("running");

    assertThat(site.run("service.stop", "{'service': 'none'}").error())
        .isEqualTo("service none not found");
  }
}
