package ai.vespid.agent.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.agent.Eventually;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What every backend does alike, whatever it is made of. */
public interface SandboxContract {
  int CHARS_MAX = 4096;

  Sandbox sandbox();

  /** An empty folder for one task. */
  Path workDir();

  /** How much longer than a process a script may take to begin. */
  default long beginMs() {
    return 0;
  }

  /** What {@link #sandbox()} was told about the agent's environment. */
  static String agentVariable(String name) {
    return switch (name) {
      case "PATH" -> System.getenv("PATH");
      case "AGENT_SECRET" -> "hidden";
      case "AGENT_SHARED" -> "shared";
      default -> null;
    };
  }

  default ShellTask task(String script, long timeoutMs) {
    return task(script, timeoutMs, Map.of("GIVEN", "a b"));
  }

  default ShellTask task(String script, long timeoutMs, Map<String, String> env) {
    return new ShellTask(
        "request-1",
        1,
        script,
        "sh",
        env,
        List.of("AGENT_SHARED"),
        workDir(),
        timeoutMs,
        1 << 20,
        ShellTask.Wish.NONE);
  }

  default ShellOutput run(String script) throws Exception {
    return sandbox().run(task(script, 30_000 + 4 * beginMs()), new Cancellation());
  }

  /** True while a process of this machine has this argument. */
  static boolean runs(String argument) {
    return ProcessHandle.allProcesses()
        .anyMatch(process -> {
          try {
            var line = Files.readAllBytes(Path.of("/proc", "" + process.pid(), "cmdline"));
            return new String(line, StandardCharsets.ISO_8859_1).contains('\0' + argument + '\0');
          } catch (IOException e) {
            return false; // Ended since it was listed.
          }
        });
  }

  /** A number of seconds that no other test sleeps. */
  static String unique() {
    return Long.toString(1_000_000 + System.nanoTime() % 1_000_000_000L);
  }

  @Test
  default void itsProbeSaysThatItWorks() {
    assertThat(sandbox().probe()).isInstanceOf(Probe.Works.class);
  }

  @Test
  default void reportsTheExitCodeAndBothStreams() throws Exception {
    assertThat(run("echo out; echo err >&2; exit 3"))
        .isEqualTo(new ShellOutput(sandbox().backend(), 3, false, "out\n", "err\n", false, false));
  }

  @Test
  default void worksInTheFilesOfItsRun() throws Exception {
    Files.writeString(Files.createDirectory(workDir().resolve("in")).resolve("file"), "before");

    var output = run("cat in/file; echo after >in/file; mkdir out; echo new >out/file");

    assertThat(output.stdout()).isEqualTo("before");
    assertThat(workDir().resolve("in/file")).hasContent("after");
    assertThat(workDir().resolve("out/file")).hasContent("new");
  }

  @Test
  default void givesTheScriptWhatIsMeantForItAndNothingElseOfTheAgent() throws Exception {
    var output = run("echo $GIVEN,$AGENT_SHARED,$AGENT_SECRET; env");

    assertThat(output.stdout()).startsWith("a b,shared,\n").doesNotContain("hidden");
  }

  @Test
  default void aTimeoutEndsWhateverTheScriptStarted() throws Exception {
    var seconds = unique();
    var script =
        """
        trap '' TERM INT HUP
        sh -c 'trap "" TERM; sleep SECONDS; sleep SECONDS' &
        nohup sleep SECONDS >/dev/null 2>&1 &
        setsid sh -c 'trap "" TERM; sleep SECONDS; sleep SECONDS' &
        (setsid nohup sleep SECONDS >/dev/null 2>&1 &)
        echo started
        sleep SECONDS; sleep SECONDS; sleep SECONDS
        """
            .replace("SECONDS", seconds);

    var output = sandbox().run(task(script, 2_000 + beginMs()), new Cancellation());

    assertThat(output.timedOut()).isTrue();
    assertThat(output.exitCode()).isNull();
    assertThat(output.stdout()).isEqualTo("started\n");
    Eventually.is("all of them ended", () -> !runs(seconds));
  }

  @Test
  default void whatAScriptLeavesInTheBackgroundEndsWithIt() throws Exception {
    var seconds = unique();

    var output =
        run(
            "sleep SECONDS & (setsid nohup sleep SECONDS >/dev/null 2>&1 &) ; echo done"
                .replace("SECONDS", seconds));

    assertThat(output.exitCode()).isZero();
    assertThat(output.timedOut()).isFalse();
    assertThat(output.stdout()).isEqualTo("done\n");
    Eventually.is("all of them ended", () -> !runs(seconds));
  }

  @Test
  default void outputWithoutEndIsCut() throws Exception {
    var output = run("yes | head -c 20000000; yes é | head -c 200000 >&2");

    assertThat(output.exitCode()).isZero();
    assertThat(output.stdout()).hasSize(CHARS_MAX);
    assertThat(output.stdoutTruncated()).isTrue();
    assertThat(output.stderr()).hasSize(CHARS_MAX).startsWith("é\né\n");
    assertThat(output.stderrTruncated()).isTrue();
  }

  @Test
  default void charactersThatArriveInPiecesStayWhole() throws Exception {
    var output =
        run("i=0; while [ $i -lt 300 ]; do printf '\\303'; printf '\\251'; i=$((i+1)); done");

    assertThat(output.stdout()).isEqualTo("é".repeat(300));
    assertThat(output.stdoutTruncated()).isFalse();
  }

  @Test
  default void cancellingEndsTheScriptWithoutATimeout() throws Exception {
    var cancellation = new Cancellation();
    var started = workDir().resolve("started");
    var canceller =
        Thread.ofVirtual()
            .start(() -> {
              try {
                Eventually.is("the script runs", beginMs(), () -> Files.exists(started));
              } catch (Exception e) {
                throw new IllegalStateException(e);
              } finally {
                cancellation.cancel();
              }
            });
    var seconds = unique();
    var output =
        sandbox()
            .run(task("touch started; sleep " + seconds, 30_000 + 2 * beginMs()), cancellation);
    canceller.join();

    assertThat(started).exists();
    assertThat(output.exitCode()).isNull();
    assertThat(output.timedOut()).isFalse();
    Eventually.is("it ended", () -> !runs(seconds));
  }

  @Test
  default void aTaskThatWasCancelledBeforehandEndsAtOnce() throws Exception {
    var cancellation = new Cancellation();
    cancellation.cancel();

    var output = sandbox().run(task("sleep 300", 30_000), cancellation);

    assertThat(output.exitCode()).isNull();
    assertThat(output.timedOut()).isFalse();
  }

  @Test
  default void aScriptThatKillsItselfHasTheCodeOfItsSignal() throws Exception {
    assertThat(run("sh -c 'kill -9 $$'; exit $?").exitCode()).isEqualTo(137);
  }

  @Test
  default void thereIsNothingToReadOnItsInput() throws Exception {
    assertThat(run("cat; echo read").stdout()).isEqualTo("read\n");
  }

  @Test
  default void manyAtOnceDoNotMixTheirOutput() throws Exception {
    var tasks = new ArrayList<Callable<String>>();
    for (int i = 0; i < 6; i++) {
      var script = "for n in 1 2 3; do echo " + i + "; done";
      tasks.add(() -> run(script).stdout());
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var outputs = threads.invokeAll(tasks).stream().map(Future::resultNow).toList();

      for (int i = 0; i < 6; i++) {
        assertThat(outputs.get(i)).isEqualTo((i + "\n").repeat(3));
      }
    }
  }

  @Test
  default void aValueThatNoProcessCanHaveIsRefusedWithoutRepeatingIt() {
    var task = task("true", 30_000, Map.of("A", "secret\0"));

    assertThatThrownBy(() -> sandbox().run(task, new Cancellation()))
        .isInstanceOf(IOException.class)
        .hasMessageNotContaining("secret")
        .hasNoCause();
    assertThat(task.toString()).doesNotContain("secret");
  }
}
