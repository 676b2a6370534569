package ai.vespid.agent.sandbox;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The host keeps the contract of all sandboxes. */
class HostContractTest implements SandboxContract {
  @TempDir Path directory;

  private final Sandbox sandbox =
      new HostSandbox("boot", 300, CHARS_MAX, SandboxContract::agentVariable);

  @Override
  public Sandbox sandbox() {
    return sandbox;
  }

  @Override
  public Path workDir() {
    return directory;
  }
}
