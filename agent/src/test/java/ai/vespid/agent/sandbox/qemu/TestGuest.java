package ai.vespid.agent.sandbox.qemu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vespid.agent.sandbox.Owner;
import ai.vespid.agent.sandbox.SandboxContract;
import ai.vespid.agent.sandbox.docker.DockerSettings;
import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.settings.Settings;
import java.nio.file.Path;
import java.util.Map;

/**
 * What machines start with: {@code .ci/run} makes it where QEMU can run, and names the folder by
 * {@code VESPID_TEST_QEMU_GUEST}.
 */
public final class TestGuest {
  public static final String FOLDER = System.getenv("VESPID_TEST_QEMU_GUEST");

  private TestGuest() {}

  /** Skips the test on a machine where QEMU cannot run. */
  static void required() {
    assumeTrue(FOLDER != null, "no QEMU: .ci/run installs it where it can run");
  }

  static QemuSandbox sandbox(Map<String, String> environment, Path directory) {
    return sandbox(environment, directory, Path.of(FOLDER));
  }

  static QemuSandbox sandbox(Map<String, String> environment, Path directory, Path guest) {
    var problems = new Problems();
    var settings = Settings.of(environment, Map.of(), problems);
    var options = DockerSettings.read(settings, SandboxContract.CHARS_MAX, problems);
    problems.check();
    return new QemuSandbox(
        options,
        Owner.self("agent", "boot-" + directory.getFileName()),
        guest,
        directory.resolve("state"),
        300,
        SandboxContract::agentVariable);
  }
}
