package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.sandbox.Owner;
import ai.vespid.agent.sandbox.SandboxContract;
import ai.vespid.agent.sandbox.docker.TestEngine;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.command.CommandCall;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An agent that is killed at any moment, again and again, leaves nothing behind once it runs again:
 * no container, no process, no folder, and no session that it does not know. {@code
 * -Dvespid.kills=100} for a long one.
 */
class OrphansTest {
  private static final int KILLS = Integer.getInteger("vespid.kills", 6);
  private static final long PHASE_MS_MAX = 1_500;

  @TempDir Path directory;

  private final TestGateway gateway = new TestGateway();
  private final List<Process> agents = new ArrayList<>();
  private final List<String> containers = new ArrayList<>();
  private int requests;

  @BeforeEach
  void engine() {
    TestEngine.required();
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (var agent : agents) agent.destroyForcibly().waitFor();
    gateway.close();
    for (var id : containers) TestEngine.remove(id);
  }

  private Process start() throws IOException {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var builder =
        new ProcessBuilder(
                java,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "ai.vespid.agent.AgentCommand",
                "start",
                "--pool",
                "byon",
                "--executor-id",
                TestGateway.EXECUTOR,
                "--organization-id",
                TestGateway.ORGANIZATION,
                "--gateway-ws-url",
                gateway.url())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(
                ProcessBuilder.Redirect.appendTo(directory.resolve("agent.log").toFile()));
    var environment = builder.environment();
    environment.put("VESPID_AGENT_EXECUTOR_TOKEN", TestGateway.TOKEN);
    environment.put("VESPID_AGENT_CONFIG_PATH", directory.resolve("home/agent.json").toString());
    environment.put("VESPID_EXECUTOR_WORKSPACE_CACHE_ROOT", workspaces().toString());
    environment.put("VESPID_AGENT_EXEC_BACKEND", "docker");
    environment.put("VESPID_AGENT_SANDBOXES", "docker,host");
    environment.put("VESPID_AGENT_DOCKER_IMAGE", TestEngine.IMAGE);
    environment.put("DOCKER_HOST", TestEngine.HOST);
    var agent = builder.start();
    agents.add(agent);
    return agent;
  }

  private Path workspaces() {
    return directory.resolve("ws");
  }

  private InvokeTool task(String backend, String script) {
    var payload =
        RawJson.of(
            """
            {"nodeId": "n", "node": {"id": "n", "type": "agent.execute", "config": {
              "task": {"type": "shell", "script": "%s"}, "sandbox": {"backend": "%s"}}}}
            """
                .formatted(script, backend));
    return TestGateway.invoke("request-" + requests++, 1, Kind.AGENT_EXECUTE, payload)
        .of(TestGateway.ORGANIZATION);
  }

  // Of the agent that was started last: frames of those that were killed may still be there.
  private Hello helloWithScripts() throws InterruptedException {
    while (gateway.poll(Hello.class, 0) != null) continue;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (System.nanoTime() < deadline) {
      var hello = gateway.poll(Hello.class, 1_000);
      if (hello != null && hello.kinds().contains(Kind.AGENT_EXECUTE)) return hello;
    }
    return null;
  }

  @Test
  @Timeout(600)
  void anAgentThatIsKilledAtAnyMomentLeavesNothingOfItsTasksAndTouchesNothingElse()
      throws Exception {
    var self = Owner.self("another-agent", "another-boot");
    containers.add(TestEngine.start(self.labels()));
    containers.add(TestEngine.start(Map.of("somebody", "else")));
    var seconds = SandboxContract.unique();
    long seed = System.nanoTime();
    var random = new Random(seed);

    for (int kill = 0; kill < KILLS; kill++) {
      var agent = start();
      // One of three dies while it starts, the others at work.
      if (kill % 3 != 0) {
        assertThat(helloWithScripts()).as("seed " + seed).isNotNull();
        for (var backend : List.of("docker", "host", "docker")) {
          gateway.send(task(backend, "touch file; sleep " + seconds));
        }
        for (int i = 0; i < 3; i++) {
          gateway.send(command("session.create", created("s" + kill + "-" + i)));
        }
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextLong(PHASE_MS_MAX)));
      agent.destroyForcibly().waitFor();
    }
    start();

    assertThat(helloWithScripts()).as("seed " + seed).isNotNull();
    Eventually.is("no container is left, seed " + seed, () -> own().isEmpty());
    Eventually.is("no process is left, seed " + seed, () -> !SandboxContract.runs(seconds));
    assertThat(leftFolders()).as("seed " + seed).isEmpty();
    gateway.send(task("docker", "echo alive"));
    assertThat(gateway.next(ToolResult.class).output().text()).contains("alive");
    for (var id : containers) assertThat(TestEngine.runs(id)).isTrue();
    everySessionIsOwned(seed);
  }

  private static List<String> ids(JsonNode sessions) {
    return sessions.properties().stream().map(Map.Entry::getKey).toList();
  }

  private static String created(String id) {
    return "{\"session_id\":\"" + id + "\",\"workspace_path\":\"" + id + "\"}";
  }

  private InvokeTool command(String name, String args) {
    var call = new CommandCall("c" + requests, name, RawJson.of(args));
    return TestGateway.invoke("request-" + requests++, 1, Kind.AGENT_COMMAND, RawJson.from(call))
        .of(TestGateway.ORGANIZATION);
  }

  private JsonNode sessions() throws Exception {
    var asked = command("session.list", "{}");
    gateway.send(asked);
    ToolResult result;
    do result = gateway.next(ToolResult.class);
    while (!result.requestId().equals(asked.requestId()));
    return Json.read(result.output().bytes(), JsonNode.class).get("output");
  }

  // Those whose making was answered, and those it was killed just after; and nothing besides.
  private void everySessionIsOwned(long seed) throws Exception {
    Eventually.is(
        "every container of a session is listed, seed " + seed,
        () -> sessions().size() == TestEngine.sessionsOf(TestGateway.EXECUTOR).size());
    for (var id : ids(sessions())) {
      gateway.send(command("session.destroy", "{\"session_id\":\"" + id + "\"}"));
    }
    Eventually.is(
        "no container is left, seed " + seed,
        () -> TestEngine.sessionsOf(TestGateway.EXECUTOR).isEmpty());
  }

  private static List<?> own() {
    return TestEngine.containersOf(TestGateway.EXECUTOR);
  }

  private List<Path> leftFolders() throws IOException {
    try (var files = Files.walk(workspaces())) {
      return files.filter(file -> file.getFileName().toString().startsWith("task-")).toList();
    }
  }
}
