package ai.vespid.agent.sandbox.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.sandbox.Sandbox;
import ai.vespid.agent.sandbox.SandboxContract;
import ai.vespid.agent.sandbox.ShellTask;
import ai.vespid.protocol.NetworkMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Machines of QEMU keep the contract of all sandboxes and the limits of the strict profile. */
@Timeout(600)
class QemuContractTest implements SandboxContract {
  @TempDir Path directory;

  private QemuSandbox sandbox;

  @BeforeAll
  static void qemu() {
    TestGuest.required();
  }

  @BeforeEach
  void assemble() throws IOException {
    Files.createDirectory(workDir());
    sandbox = TestGuest.sandbox(Map.of(), directory);
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    assertThat(SandboxContract.runs("vespid-task")).isFalse();
    if (!Files.isDirectory(directory.resolve("state"))) return;
    try (var files = Files.list(directory.resolve("state"))) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .noneMatch(name -> name.startsWith("vespid-"));
    }
  }

  @Override
  public Sandbox sandbox() {
    return sandbox;
  }

  @Override
  public Path workDir() {
    return directory.resolve("work");
  }

  @Override
  public long beginMs() {
    return 20_000;
  }

  @Test
  void nothingButTheFilesOfTheRunAndMemoryCanBeWritten() throws Exception {
    var output =
        run(
            """
            for folder in /work /tmp / /etc /usr/bin /run /dev /sys /proc /vespid /modules; do
              (: >"$folder/.probe") 2>/dev/null && echo "$folder"
            done
            dd if=/dev/zero of=/tmp/big bs=1M count=100 2>&1 | grep -o 'No space' >&2
            ls /vespid/control 2>/dev/null; ls /modules 2>/dev/null
            """);

    assertThat(output.stdout().lines()).containsExactly("/work", "/tmp");
    assertThat(output.stderr()).isEqualTo("No space\n");
  }

  @Test
  void memoryProcessesAndPrivilegesEndAtTheirLimits() throws Exception {
    sandbox = TestGuest.sandbox(Map.of("AGENT_WORKER_DOCKER_PIDS_LIMIT", "64"), directory);

    var output =
        run(
            """
            dd if=/dev/zero of=/dev/null bs=400M count=1 2>/dev/null; echo "400 MB $?"
            dd if=/dev/zero of=/dev/null bs=100M count=1 2>/dev/null; echo "100 MB $?"
            ulimit -n; id -u; tail -n +3 /proc/net/dev | grep -vc lo:
            grep -E 'NoNewPrivs|CapEff' /proc/self/status
            i=0; while [ $i -lt 100 ]; do sleep 20 & i=$((i+1)); done; echo all
            """);

    assertThat(output.stdout())
        .doesNotContain("400 MB 0")
        .contains("100 MB 0", "\n1024\n1000\n0\n")
        .contains("CapEff:\t0000000000000000", "NoNewPrivs:\t1")
        .doesNotContain("all");
  }

  @Test
  void howLongAMachineTakesIsMeasured() throws Exception {
    long began = System.nanoTime();
    run("true");
    System.err.printf(
        "a machine boots, runs and ends in %d ms%n", (System.nanoTime() - began) / 1_000_000);
  }

  @Test
  void itHasNoNetworkToGive() {
    var wish = new ShellTask.Wish(NetworkMode.ENABLED, null);
    var task =
        new ShellTask("r", 1, "true", "sh", Map.of(), List.of(), workDir(), 9_000, 100, wish);

    assertThatThrownBy(() -> sandbox.run(task, new Cancellation()))
        .hasMessage("SANDBOX_NETWORK_UNSUPPORTED");
  }

  @Test
  void withoutAGuestAndWithOneThatDoesNotStartItFails() throws IOException {
    var none = TestGuest.sandbox(Map.of(), directory, directory.resolve("none"));
    var broken = Files.createDirectory(directory.resolve("broken"));
    Files.writeString(broken.resolve("kernel"), "no kernel");
    Files.writeString(broken.resolve("initrd"), "no files");

    assertThat(none.probe()).isInstanceOf(Probe.Fails.class);
    assertThat(TestGuest.sandbox(Map.of(), directory, broken).probe())
        .isInstanceOf(Probe.Fails.class);
  }

  @Test
  void whatIsNotEnforcedIsTold() {
    sandbox =
        TestGuest.sandbox(
            Map.of(
                "AGENT_WORKER_DOCKER_CPUS", "0.5",
                "AGENT_WORKER_DOCKER_STORAGE_OPTS", "size=1g",
                "AGENT_WORKER_DOCKER_APPARMOR", "own",
                "AGENT_WORKER_DOCKER_TMPFS", "/tmp:size=8m,/run:size=8m",
                "AGENT_WORKER_DOCKER_ULIMITS", "nofile=64,fsize=1024"),
            directory);

    assertThat(sandbox.probe())
        .isEqualTo(
            new Probe.Works(
                List.of(
                    "cpus: processors of a machine are whole",
                    "storage: a machine has no disk",
                    "tmpfs: a machine has /tmp alone",
                    "ulimits: a machine knows no fsize",
                    "AppArmor and label: a machine has none")));
    assertThat(
            TestGuest.sandbox(Map.of("AGENT_WORKER_REQUIRE_APPARMOR", "true"), directory).probe())
        .isEqualTo(new Probe.Fails("AppArmor is required, and machines have none"));
  }
}
