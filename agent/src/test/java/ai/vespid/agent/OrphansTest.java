package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An agent that is killed at any moment, again and again, leaves nothing behind once it runs again:
 * no container, no machine, no process, no folder, and no session that it does not know. So many
 * kills as the build has time for; {@code -Dvespid.kills=100} is what has to hold.
 */
class OrphansTest {
  private static final int KILLS = Integer.getInteger("vespid.kills", 12);
  // A machine takes seconds to begin.
  private static final int KILLS_OF_MACHINES = Math.ceilDiv(KILLS, 6);
  private static final long PHASE_MS_MAX = 1_500;
  private static final long PHASE_OF_MACHINES_MS_MAX = 6_000;
  private static final long HELLO_MAX_SECONDS = 240;
  private static final long ANSWER_MAX_MS = 60_000;
  // After which the agent tries again to remove what it could not.
  private static final long ROUND_MS = 30_000;
  private static final String LXC = System.getenv("VESPID_TEST_LXC_ROOTFS");
  private static final String GUEST = System.getenv("VESPID_TEST_QEMU_GUEST");

  @TempDir Path directory;

  private final TestGateway gateway = new TestGateway();
  private final List<Process> agents = new ArrayList<>();
  private final List<String> containers = new ArrayList<>();
  private int requests;

  @AfterEach
  void stop() throws InterruptedException {
    for (var agent : agents) agent.destroyForcibly().waitFor();
    gateway.close();
    for (var id : containers) TestEngine.remove(id);
  }

  /**
   * What an agent is asked for before it is killed.
   *
   * @param backends of one task each
   * @param providers of one session each
   */
  private record Work(List<String> backends, List<String> providers, long phaseMsMax) {
    String usual() {
      return backends.getFirst();
    }
  }

  private Process start(Work work) throws IOException {
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
    environment.put("VESPID_AGENT_EXEC_BACKEND", work.usual());
    environment.put(
        "VESPID_AGENT_SANDBOXES", String.join(",", new LinkedHashSet<>(work.backends())));
    if (TestEngine.HOST != null) {
      environment.put("VESPID_AGENT_DOCKER_IMAGE", TestEngine.IMAGE);
      environment.put("DOCKER_HOST", TestEngine.HOST);
    }
    if (LXC != null) environment.put("VESPID_AGENT_LXC_ROOTFS", LXC);
    if (GUEST != null) environment.put("VESPID_AGENT_QEMU_GUEST", GUEST);
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
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(HELLO_MAX_SECONDS);
    while (System.nanoTime() < deadline) {
      var hello = gateway.poll(Hello.class, 1_000);
      if (hello != null && hello.kinds().contains(Kind.AGENT_EXECUTE)) return hello;
    }
    return null;
  }

  @Test
  @Timeout(3_600)
  void anAgentThatIsKilledAtAnyMomentLeavesNothingOfItsTasksAndTouchesNothingElse()
      throws Exception {
    TestEngine.required();
    var self = Owner.self("another-agent", "another-boot");
    containers.add(TestEngine.start(self.labels()));
    containers.add(TestEngine.start(Map.of("somebody", "else")));
    var backends = new ArrayList<>(List.of("docker", "host", "docker"));
    var providers = new ArrayList<>(List.of("docker", "docker"));
    if (LXC != null) {
      backends.add("lxc");
      providers.add("lxc");
    }

    killAndLook(new Work(backends, providers, PHASE_MS_MAX), KILLS);

    for (var id : containers) assertThat(TestEngine.runs(id)).isTrue();
  }

  @Test
  @Timeout(3_600)
  void noMachineOutlivesItsTask() throws Exception {
    assumeTrue(GUEST != null, "no QEMU: .ci/run installs it where it can run");

    killAndLook(
        new Work(List.of("qemu"), List.of("qemu"), PHASE_OF_MACHINES_MS_MAX), KILLS_OF_MACHINES);
  }

  private void killAndLook(Work work, int kills) throws Exception {
    var seconds = SandboxContract.unique();
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int kill = 0; kill < kills; kill++) {
      var agent = start(work);
      // One of three dies while it starts, the others at work.
      if (kill % 3 != 0 || kills < 3) {
        assertThat(helloWithScripts()).as("seed " + seed).isNotNull();
        for (var backend : work.backends()) {
          gateway.send(task(backend, "touch file; sleep " + seconds));
        }
        for (var provider : work.providers()) {
          gateway.send(command("session.create", created("s" + requests, provider)));
        }
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextLong(work.phaseMsMax())));
      agent.destroyForcibly().waitFor();
    }
    start(work);

    assertThat(helloWithScripts()).as("seed " + seed).isNotNull();
    Eventually.is("no container is left, seed " + seed, () -> own().isEmpty());
    Eventually.is("no process is left, seed " + seed, () -> !runs(seconds));
    Eventually.is("no folder is left, seed " + seed, () -> leftFolders().isEmpty());
    assertThat(result(task(work.usual(), "echo alive")).output().text()).contains("alive");
    everySessionIsOwned(seed);
    System.err.printf("%d kills with %s: nothing is left%n", kills, work.backends());
  }

  // A machine's own processes cannot be seen, but the machine can.
  private boolean runs(String seconds) {
    return SandboxContract.runs(seconds)
        || ProcessHandle.allProcesses()
            .map(process -> process.info().commandLine().orElse(""))
            .anyMatch(line -> line.contains("qemu-system") && line.contains("vespid-task-"));
  }

  private static List<String> ids(JsonNode sessions) {
    return sessions.properties().stream().map(Map.Entry::getKey).toList();
  }

  private static String created(String id, String provider) {
    return "{\"session_id\":\"%s\",\"workspace_path\":\"%1$s\",\"provider\":\"%s\"}"
        .formatted(id, provider);
  }

  private InvokeTool command(String name, String args) {
    var call = new CommandCall("c" + requests, name, RawJson.of(args));
    return TestGateway.invoke("request-" + requests++, 1, Kind.AGENT_COMMAND, RawJson.from(call))
        .of(TestGateway.ORGANIZATION);
  }

  private JsonNode sessions() throws Exception {
    var listed = result(command("session.list", "{}"));
    return Json.read(listed.output().bytes(), JsonNode.class).get("output");
  }

  // Others may be told meanwhile: of commands whose agent died before it could.
  private ToolResult result(InvokeTool asked) throws InterruptedException {
    gateway.send(asked);
    ToolResult result;
    do result = gateway.next(ToolResult.class, ANSWER_MAX_MS);
    while (!result.requestId().equals(asked.requestId()));
    return result;
  }

  // Those whose making was answered, and those it was killed just after; and nothing besides.
  private void everySessionIsOwned(long seed) throws Exception {
    Eventually.is(
        "every container of a session is listed, seed " + seed,
        () -> sessions().size() == existingSessions());
    // An engine may go on making what a killed agent asked of it, and the agent finds it.
    Eventually.is(
        "no session is left, seed " + seed,
        ROUND_MS,
        () -> {
          for (var id : ids(sessions())) {
            result(command("session.destroy", "{\"session_id\":\"" + id + "\"}"));
          }
          return existingSessions() == 0;
        });
  }

  private long existingSessions() throws IOException {
    int containers =
        TestEngine.HOST == null ? 0 : TestEngine.sessionsOf(TestGateway.EXECUTOR).size();
    return containers + files(name -> name.startsWith("vespid-session-")).size();
  }

  private static List<?> own() {
    return TestEngine.HOST == null ? List.of() : TestEngine.containersOf(TestGateway.EXECUTOR);
  }

  private List<Path> leftFolders() throws IOException {
    return files(name -> name.startsWith("task-") || name.matches("vespid-(?!session-).*"));
  }

  private List<Path> files(Predicate<String> name) throws IOException {
    try (var files = Files.walk(workspaces())) {
      return files.filter(file -> name.test(file.getFileName().toString())).toList();
    } catch (UncheckedIOException e) {
      // One of them went while it was looked at; whoever asks does so again.
      throw e.getCause();
    }
  }
}
