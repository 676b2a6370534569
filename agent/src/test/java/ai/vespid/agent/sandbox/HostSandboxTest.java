package ai.vespid.agent.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class HostSandboxTest {
  private static final int CHARS_MAX = 4096;

  @TempDir Path directory;

  private final HostSandbox sandbox = new HostSandbox("boot", 500, CHARS_MAX, this::agentVariable);

  private String agentVariable(String name) {
    return switch (name) {
      case "PATH" -> System.getenv("PATH");
      case "HOME" -> directory.toString();
      case "AGENT_SECRET" -> "hidden";
      case "AGENT_SHARED" -> "shared";
      default -> null;
    };
  }

  private ShellTask task(String script, String shell, long timeoutMs) {
    // TRACE reaches whatever the script starts, so that the test finds it without the marker.
    var env = Map.of("TRACE", directory.toString());
    return new ShellTask(
        "r1",
        1,
        script,
        shell,
        env,
        List.of("AGENT_SHARED"),
        directory,
        timeoutMs,
        1 << 20,
        ShellTask.Wish.NONE);
  }

  private ShellOutput run(String script) throws Exception {
    return sandbox.run(task(script, "sh", 20_000), new Cancellation());
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    var left = new ArrayList<String>();
    for (var process : ProcessHandle.allProcesses().toList()) {
      try {
        var environ = Files.readAllBytes(Path.of("/proc", "" + process.pid(), "environ"));
        var text = new String(environ, StandardCharsets.ISO_8859_1);
        if (text.contains("TRACE=" + directory)) left.add(process.info().toString());
      } catch (IOException e) {
        continue; // Ended since it was listed.
      }
    }
    assertThat(left).isEmpty();
  }

  @Test
  void reportsTheExitCodeAndBothStreams() throws Exception {
    assertThat(run("echo out; pwd; echo err >&2; exit 3"))
        .isEqualTo(
            new ShellOutput("host", 3, false, "out\n" + directory + "\n", "err\n", false, false));
  }

  @Test
  void givesTheScriptNothingOfTheAgentsEnvironmentButWhatIsAllowed() throws Exception {
    // The initial environment, before the shell and its profile add to it.
    var output = run("tr '\\0' '\\n' < /proc/$$/environ | cut -d= -f1");

    assertThat(output.stdout().lines())
        .containsExactlyInAnyOrder("PATH", "HOME", "TRACE", "AGENT_SHARED", "VESPID_TASK");
  }

  @Test
  void aTimeoutKillsGrandchildrenAndEscapees() throws Exception {
    var script =
        """
        trap '' TERM
        sh -c 'trap "" TERM; sleep 300; sleep 300' &
        nohup sleep 300 &
        setsid sh -c 'trap "" TERM; sleep 300; sleep 300' &
        (setsid nohup sleep 300 >/dev/null 2>&1 &)
        env -i sleep 300 &
        echo started
        sleep 300; sleep 300; sleep 300
        """;
    var output = sandbox.run(task(script, "sh", 700), new Cancellation());

    assertThat(output.timedOut()).isTrue();
    assertThat(output.exitCode()).isNull();
    assertThat(output.stdout()).isEqualTo("started\n");
    assertThat(new String(Json.write(output), StandardCharsets.UTF_8))
        .contains("\"exitCode\":null");
  }

  @Test
  void whatAScriptLeavesInTheBackgroundEndsWithIt() throws Exception {
    var output = run("sleep 300 & (setsid nohup sleep 300 &) ; echo done");

    assertThat(output.exitCode()).isZero();
    assertThat(output.timedOut()).isFalse();
    assertThat(output.stdout()).isEqualTo("done\n");
  }

  @Test
  void outputWithoutEndIsCut() throws Exception {
    var output = run("yes | head -c 200000000; yes é | head -c 200000 >&2");

    assertThat(output.exitCode()).isZero();
    assertThat(output.stdout()).hasSize(CHARS_MAX);
    assertThat(output.stdoutTruncated()).isTrue();
    assertThat(output.stderr()).hasSize(CHARS_MAX).startsWith("é\né\n");
    assertThat(output.stderrTruncated()).isTrue();
  }

  @Test
  void cancellingEndsTheScriptWithoutATimeout() throws Exception {
    var cancellation = new Cancellation();
    var canceller = cancelWhenStarted(cancellation);
    var output = sandbox.run(task("touch started; sleep 300", "sh", 20_000), cancellation);
    canceller.join();

    assertThat(output.exitCode()).isNull();
    assertThat(output.timedOut()).isFalse();
  }

  private Thread cancelWhenStarted(Cancellation cancellation) {
    var started = directory.resolve("started");
    return Thread.ofVirtual()
        .start(() -> {
          try (var watcher = directory.getFileSystem().newWatchService()) {
            directory.register(watcher, StandardWatchEventKinds.ENTRY_CREATE);
            if (!Files.exists(started)) watcher.take();
            cancellation.cancel();
          } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void whatIsCancelledAndDoesNotWantToEndHasLessTimeThanWhatTookTooLong() throws Exception {
    var patient = new HostSandbox("boot", 30_000, CHARS_MAX, this::agentVariable);
    var cancellation = new Cancellation();
    var canceller = cancelWhenStarted(cancellation);

    long begun = System.nanoTime();
    patient.run(task("trap '' TERM; touch started; sleep 300", "sh", 60_000), cancellation);
    canceller.join();
    assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun)).isLessThan(15);
  }

  @Test
  void aTaskThatWasCancelledBeforehandEndsAtOnce() throws Exception {
    var cancellation = new Cancellation();
    cancellation.cancel();

    assertThat(sandbox.run(task("sleep 300", "sh", 20_000), cancellation).exitCode()).isNull();
  }

  @Test
  void runsBashWhenAsked() throws Exception {
    var output =
        sandbox.run(
            task("[[ -n $BASH_VERSION ]] && a=(x y); echo ${a[1]}", "bash", 20_000),
            new Cancellation());

    assertThat(output.stdout()).isEqualTo("y\n");
  }

  @Test
  void aValueThatNoProcessCanHaveIsRefusedWithoutRepeatingIt() {
    var task =
        new ShellTask(
            "r1",
            1,
            "true",
            "sh",
            Map.of("A", "secret\0"),
            List.of(),
            directory,
            1000,
            10,
            ShellTask.Wish.NONE);

    assertThatThrownBy(() -> sandbox.run(task, new Cancellation()))
        .isInstanceOf(IOException.class)
        .hasMessageNotContaining("secret")
        .hasNoCause();
    assertThat(task.toString()).doesNotContain("secret");
  }
}
