package ai.vespid.agent.sandbox.lxc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.Owner;
import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.sandbox.Sandbox;
import ai.vespid.agent.sandbox.SandboxContract;
import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.sandbox.ShellTask;
import ai.vespid.agent.sandbox.docker.DockerSettings;
import ai.vespid.agent.sandbox.docker.Syscall;
import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.settings.Settings;
import ai.vespid.protocol.NetworkMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * LXC keeps the contract of all sandboxes and the limits of the strict profile. {@code .ci/run}
 * names a folder with a busybox system by {@code VESPID_TEST_LXC_ROOTFS}.
 */
class LxcContractTest implements SandboxContract {
  private static final String ROOT_FS = System.getenv("VESPID_TEST_LXC_ROOTFS");

  @TempDir Path directory;

  private LxcSandbox sandbox;
  private LxcNetwork network;

  @BeforeAll
  static void lxc() {
    assumeTrue(ROOT_FS != null, "no LXC: .ci/run installs it where it can run");
  }

  @BeforeEach
  void assemble() throws IOException {
    Files.createDirectory(workDir());
    sandbox = sandbox(Map.of());
  }

  private LxcSandbox sandbox(Map<String, String> environment) {
    var problems = new Problems();
    var settings = Settings.of(environment, Map.of(), problems);
    var options = DockerSettings.read(settings, CHARS_MAX, problems);
    problems.check();
    return new LxcSandbox(
        options,
        Owner.self("agent", "boot-" + directory.getFileName()),
        Path.of(ROOT_FS),
        directory.resolve("state"),
        300,
        network,
        SandboxContract::agentVariable);
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    assertThat(groups()).isEmpty();
    try (var files = Files.walk(directory.resolve("state"))) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .noneMatch(name -> name.startsWith("vespid-"));
    }
  }

  private static List<Path> groups() throws IOException {
    try (Stream<Path> groups =
        Files.find(
            Path.of("/sys/fs/cgroup"),
            2,
            (p, _) -> p.getFileName().toString().matches("lxc\\..*\\.vespid-.*"))) {
      return groups.toList();
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

  @Test
  void nothingButTheFilesOfTheRunAndMemoryCanBeWritten() throws Exception {
    var output =
        run(
            """
            find / -xdev -type d 2>/dev/null | while read folder; do
              (: >"$folder/.probe") 2>/dev/null && echo "$folder"
            done
            for folder in /work /tmp /dev /dev/shm /dev/mqueue /run /sys /proc /etc; do
              (: >"$folder/.probe") 2>/dev/null && echo "$folder"
            done
            dd if=/dev/zero of=/tmp/big bs=1M count=100; ls -l /tmp/big >&2
            """);

    assertThat(output.stdout().lines()).containsOnly("/work", "/tmp");
    assertThat(output.stderr()).contains("No space left on device", " " + (64 << 20) + " ");
  }

  @Test
  void memoryAndProcessesEndAtTheirLimits() throws Exception {
    assertThat(run("dd if=/dev/zero of=/dev/null bs=400M count=1; echo $?").stdout())
        .isEqualTo("137\n");
    assertThat(run("dd if=/dev/zero of=/dev/null bs=100M count=1; echo $?").stdout())
        .isEqualTo("0\n");
    sandbox = sandbox(Map.of("AGENT_WORKER_DOCKER_PIDS_LIMIT", "64"));
    var output = run("i=0; while [ $i -lt 100 ]; do sleep 20 & i=$((i+1)); done; echo all");
    assertThat(output.stdout()).doesNotContain("all");
  }

  @Test
  void theWholeProcessorIsNotItsOwn() throws Exception {
    sandbox = sandbox(Map.of("AGENT_WORKER_DOCKER_CPUS", "0.3"));

    var output =
        run("for i in 1 2 3; do timeout 2 sh -c 'while :; do :; done' & done; wait; times");

    var used = output.stdout().lines().skip(1).findFirst().orElseThrow().split(" ")[0];
    assertThat(Double.parseDouble(used.replaceFirst("0m", "").replace("s", ""))).isLessThan(2.0);
  }

  @Test
  void itHasNoPrivilegeAndNoNetwork() throws Exception {
    var output =
        run("cat /proc/self/status; id; tail -n +3 /proc/net/dev | wc -l; ulimit -Sn; ulimit -Hn");

    assertThat(output.stdout())
        .contains("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000")
        .contains("NoNewPrivs:\t1", "Seccomp:\t2", "uid=1000", "gid=1000")
        .endsWith("\n1\n1024\n2048\n");
    assertThat(run("unshare -U true || unshare -m true").exitCode()).isNotZero();
  }

  @Test
  void socketsOfVirtualMachinesAndTheRingAreClosedHereAsWell() throws Exception {
    Syscall.of(41, 40, 1).write(workDir().resolve("vsock"));
    Syscall.of(425).write(workDir().resolve("ring"));
    Syscall.of(41, 1, 1).write(workDir().resolve("local"));

    var output = run("./vsock; echo $?; ./ring; echo $?; ./local; echo $?");

    // EPERM, ENOSYS, and what programs need.
    assertThat(output.stdout()).isEqualTo("1\n38\n0\n");
  }

  @Test
  void whatIsNotEnforcedIsTold() {
    assumeFalse(Files.exists(Path.of("/sys/module/apparmor")), "this kernel has AppArmor");
    sandbox =
        sandbox(
            Map.of(
                "AGENT_WORKER_DOCKER_STORAGE_OPTS", "size=1g",
                "AGENT_WORKER_DOCKER_APPARMOR", "own",
                "AGENT_WORKER_DOCKER_SECURITY_OPTS", "label=type:own"));

    assertThat(sandbox.probe())
        .isEqualTo(
            new Probe.Works(
                List.of(
                    "AppArmor: the kernel has none, and LXC ignores the profile",
                    "label: LXC is told of AppArmor alone",
                    "storage: LXC has no quotas")));
    assertThat(sandbox(Map.of("AGENT_WORKER_REQUIRE_APPARMOR", "true")).probe())
        .isEqualTo(new Probe.Fails("AppArmor is required, and the kernel has none"));
  }

  @Test
  void aTaskThatMayHaveANetworkIsToldThatThereIsNone() {
    var wish = new ShellTask.Wish(NetworkMode.ENABLED, null);
    var task =
        new ShellTask("r", 1, "true", "sh", Map.of(), List.of(), workDir(), 9_000, 100, wish);

    assertThatThrownBy(() -> sandbox.run(task, new Cancellation()))
        .hasMessage("SANDBOX_NETWORK_UNSUPPORTED");
    sandbox.probe();
  }

  @Test
  void aTaskWithANetworkReachesTheBridgeAndOneWithoutDoesNot() throws Exception {
    try (var bridge = new TestBridge()) {
      network = bridge.network();
      sandbox = sandbox(Map.of());
      try (var server = new ServerSocket(0, 1, InetAddress.getByName(TestBridge.ADDRESS))) {
        var script = "nc -w 5 " + TestBridge.ADDRESS + " " + server.getLocalPort() + " </dev/null";
        Thread.ofVirtual()
            .start(() -> {
              try (var caller = server.accept()) {
                caller.getOutputStream().write("reached\n".getBytes());
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });

        assertThat(run(script).stdout()).isEmpty();
        assertThat(run(script, NetworkMode.ENABLED).stdout()).isEqualTo("reached\n");
        // Its address is free again, however often it is asked for.
        assertThat(run("ip addr show eth0", NetworkMode.ENABLED).stdout())
            .contains(TestBridge.PREFIX);
      }
    }
  }

  private ShellOutput run(String script, NetworkMode mode) throws Exception {
    var wish = new ShellTask.Wish(mode, null);
    var task =
        new ShellTask("r", 1, script, "sh", Map.of(), List.of(), workDir(), 20_000, 1_000, wish);
    return sandbox.run(task, new Cancellation());
  }

  @Test
  void variablesOfATaskReachTheScriptAndNotTheProgramThatConfinesIt() throws Exception {
    var env = Map.of("LD_PRELOAD", "/work/evil.so", "A", "with 'quotes'\nand \"lines\" $HOME");

    var output =
        sandbox.run(task("echo \"$A\"; env | cut -d= -f1", 20_000, env), new Cancellation());

    assertThat(output.stdout())
        .startsWith("with 'quotes'\nand \"lines\" $HOME\n")
        .contains("LD_PRELOAD")
        .doesNotContain("VESPID_V");
    assertThat(output.exitCode()).isZero();
  }

  @Test
  void withoutASystemToRunInItFails() {
    var none =
        new LxcSandbox(
            DockerSettings.read(
                Settings.of(Map.of(), Map.of(), new Problems()), CHARS_MAX, new Problems()),
            Owner.self("agent", "boot"),
            directory.resolve("none"),
            directory.resolve("state"),
            300,
            null,
            SandboxContract::agentVariable);

    assertThat(none.probe()).isInstanceOf(Probe.Fails.class);
    sandbox.probe();
  }
}
