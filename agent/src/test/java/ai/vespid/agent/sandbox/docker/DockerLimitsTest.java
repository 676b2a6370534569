package ai.vespid.agent.sandbox.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.SandboxFailed;
import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.sandbox.ShellTask;
import ai.vespid.protocol.NetworkMode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each limit of the strict profile, by a script that tries to break it. */
class DockerLimitsTest {
  @TempDir Path directory;

  private Path work;

  @BeforeAll
  static void engine() {
    TestEngine.required();
  }

  @BeforeEach
  void folder() throws IOException {
    work = Files.createDirectory(directory.resolve("work"));
  }

  private ShellOutput run(String script, Map<String, String> environment, ShellTask.Wish wish)
      throws Exception {
    var task = new ShellTask("r", 1, script, "sh", Map.of(), List.of(), work, 30_000, 4_000, wish);
    return TestEngine.sandbox(environment, directory).run(task, new Cancellation());
  }

  private ShellOutput run(String script, Map<String, String> environment) throws Exception {
    return run(script, environment, ShellTask.Wish.NONE);
  }

  private ShellOutput run(String script) throws Exception {
    return run(script, Map.of());
  }

  @Test
  void nothingButTheFilesOfTheRunAndMemoryCanBeWritten() throws Exception {
    var output =
        run(
            """
            find / -xdev -type d 2>/dev/null | while read folder; do
              (: >"$folder/.probe") 2>/dev/null && echo "$folder"
            done
            for folder in /work /tmp /dev /dev/shm /run /sys /proc /sys/fs/cgroup /etc; do
              (: >"$folder/.probe") 2>/dev/null && echo "$folder"
            done
            true
            """);

    assertThat(output.stdout().lines()).containsOnly("/work", "/tmp");
  }

  @Test
  void theFolderInMemoryHasASizeAndNoSetuid() throws Exception {
    var output =
        run("dd if=/dev/zero of=/tmp/big bs=1M count=100; ls -l /tmp/big; mount | grep ' /tmp '");

    assertThat(output.stderr()).contains("No space left on device");
    assertThat(output.stdout()).contains(" " + (64 << 20) + " ").contains("nosuid", "nodev");
  }

  @Test
  void memoryEndsAtItsLimitAndSwapIsNoWayOut() throws Exception {
    var output = run("dd if=/dev/zero of=/dev/null bs=400M count=1; echo $?");

    assertThat(output.stdout()).isEqualTo("137\n");
    assertThat(run("dd if=/dev/zero of=/dev/null bs=100M count=1; echo $?").stdout())
        .isEqualTo("0\n");
  }

  @Test
  void theWholeProcessorIsNotItsOwn() throws Exception {
    var script = "for i in 1 2 3; do timeout 2 sh -c 'while :; do :; done' & done; wait; times";

    var output = run(script, Map.of("AGENT_WORKER_DOCKER_CPUS", "0.3"));

    // The second line has what the children used; three of them want six seconds.
    var used = output.stdout().lines().skip(1).findFirst().orElseThrow().split(" ")[0];
    assertThat(seconds(used)).isLessThan(2.0);
  }

  private static double seconds(String minutesAndSeconds) {
    var parts = minutesAndSeconds.replace("s", "").split("m");
    return Integer.parseInt(parts[0]) * 60 + Double.parseDouble(parts[1]);
  }

  @Test
  void aForkBombIsHeldAndEndsWithItsTime() throws Exception {
    var script = "i=0; while [ $i -lt 100 ]; do sleep 20 & i=$((i+1)); done; echo all";

    var output = run(script, Map.of("AGENT_WORKER_DOCKER_PIDS_LIMIT", "64"));

    assertThat(output.stdout()).doesNotContain("all");
    assertThat(output.stderr()).contains("can't fork");
  }

  @Test
  void itHasNoCapabilityAndCannotGetOne() throws Exception {
    var output = run("cat /proc/self/status; id");

    assertThat(output.stdout())
        .contains(
            "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "CapPrm:\t0000000000000000")
        .contains("NoNewPrivs:\t1", "Seccomp:\t2")
        .contains("uid=1000", "gid=1000")
        .doesNotContain("uid=0");
    assertThat(run("mknod /tmp/disk b 8 0 || chown 0 /work || mount -t tmpfs x /tmp").exitCode())
        .isNotZero();
  }

  @Test
  void aSetuidProgramGainsNothing() throws Exception {
    var artifacts = Files.createDirectory(directory.resolve("artifacts"));
    Files.setAttribute(artifacts, "unix:mode", 0755);
    var becomeRoot = Syscall.of(105, 0).write(artifacts.resolve("become-root"));
    Files.setAttribute(becomeRoot, "unix:mode", 04755);
    var mount = artifacts + ":/in";

    var kept = run("/in/become-root", Map.of("AGENT_WORKER_DOCKER_MOUNT", mount));
    var free =
        run(
            "/in/become-root",
            Map.of(
                "AGENT_WORKER_DOCKER_MOUNT", mount, "AGENT_WORKER_DOCKER_NO_NEW_PRIVS", "false"));

    assertThat(kept.exitCode()).isOne();
    assertThat(free.exitCode()).as("without the limit").isZero();
  }

  @Test
  void thereIsNoNetwork() throws Exception {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var output =
          run(
              "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; nc -w 2 127.0.0.1 %d </dev/null"
                  .formatted(server.getLocalPort()));

      assertThat(output.stdout()).isEqualTo("lo\n");
      assertThat(output.exitCode()).isNotZero();
    }
  }

  @Test
  void aTaskThatMayHaveANetworkHasTheOneOfTheOperator() throws Exception {
    var enabled = new ShellTask.Wish(NetworkMode.ENABLED, null);
    var hosts = Map.of("AGENT_WORKER_DOCKER_NETWORK", "host");
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var script = "nc -w 2 127.0.0.1 %d </dev/null".formatted(server.getLocalPort());
      var thread = Thread.ofPlatform().daemon().start(() -> acceptAndClose(server));

      assertThat(run(script, hosts, enabled).exitCode()).isZero();
      thread.join();
      assertThat(run(script, hosts).exitCode()).as("one that asks for none").isNotZero();
      var disabled =
          Map.of("AGENT_WORKER_DOCKER_NETWORK", "host", "AGENT_WORKER_DISABLE_NETWORK", "true");
      assertThat(run(script, disabled, enabled).exitCode()).as("none for anybody").isNotZero();
    }
  }

  private static void acceptAndClose(ServerSocket server) {
    try {
      server.accept().close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void itsOpenFilesAreCountedAndItLeavesNoCore() throws Exception {
    assertThat(run("ulimit -Sn; ulimit -Hn; ulimit -c").stdout()).isEqualTo("1024\n2048\n0\n");

    var limits = Map.of("AGENT_WORKER_DOCKER_ULIMITS", "nofile=64:64,fsize=1048576");
    var output = run("dd if=/dev/zero of=/work/big bs=1M count=3; ulimit -Hn", limits);

    assertThat(work.resolve("big")).hasSize(1 << 20);
    assertThat(output.stdout()).isEqualTo("64\n");
  }

  @Test
  void aMountOfTheOperatorIsReadOnlyUnlessHeSaysOtherwise() throws Exception {
    var artifacts = Files.createDirectory(directory.resolve("artifacts"));
    Files.writeString(artifacts.resolve("file"), "content");
    Files.setAttribute(artifacts, "unix:mode", 0777);
    var script = "cat /in/file; echo x >/in/new";

    var readOnly = run(script, Map.of("AGENT_WORKER_DOCKER_MOUNT", artifacts + ":/in"));

    assertThat(readOnly.stdout()).isEqualTo("content");
    assertThat(artifacts.resolve("new")).doesNotExist();
    run(script, Map.of("AGENT_WORKER_DOCKER_MOUNT", artifacts + ":/in:rw"));
    assertThat(artifacts.resolve("new")).hasContent("x");
  }

  @Test
  void theLongestTimeOfTheOperatorGoesBeforeTheTasksOwn() throws Exception {
    var output = run("sleep 300", Map.of("VESPID_AGENT_DOCKER_TIMEOUT_MS", "1500"));

    assertThat(output.timedOut()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"-v/:/host", "--privileged", "Local/Busybox", "a b", "../x", "$(id)"})
  void whatIsNoImageIsNoOption(String image) {
    assertThatThrownBy(() -> run("true", Map.of(), new ShellTask.Wish(null, image)))
        .isInstanceOf(SandboxFailed.class)
        .hasMessage("SANDBOX_IMAGE_NOT_ALLOWED");
  }

  @Test
  void onlyImagesThatAreAllowedMayBeNamed() {
    var allowed = Map.of("VESPID_AGENT_DOCKER_IMAGES", "local/*, python:3");

    assertThatThrownBy(() -> run("true", allowed, new ShellTask.Wish(null, "evil/image:1")))
        .hasMessage("SANDBOX_IMAGE_NOT_ALLOWED");
    assertThatThrownBy(() -> run("true", allowed, new ShellTask.Wish(null, "local/absent:1")))
        .hasMessage("SANDBOX_IMAGE_UNAVAILABLE");
  }
}
