package ai.vespid.agent.sandbox.docker;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.sandbox.Sandbox;
import ai.vespid.agent.sandbox.SandboxContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A real engine keeps the contract of all sandboxes, and no container stays. */
class DockerContractTest implements SandboxContract {
  @TempDir Path directory;

  private DockerSandbox sandbox;

  @BeforeAll
  static void engine() {
    TestEngine.required();
  }

  @BeforeEach
  void assemble() throws IOException {
    Files.createDirectory(workDir());
    sandbox = TestEngine.sandbox(Map.of(), directory);
  }

  @AfterEach
  void nothingIsLeft() {
    assertThat(TestEngine.containersOf("agent-of-" + directory.getFileName())).isEmpty();
  }

  @Override
  public Sandbox sandbox() {
    return sandbox;
  }

  @Override
  public Path workDir() {
    return directory.resolve("work");
  }
}
