package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.engine.StandIn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Engines and MCP servers that do not work are found by their names. */
class DoctorToolsTest {
  @TempDir Path directory;

  private final TestGateway gateway = new TestGateway();
  private Patient patient;
  private Path bin;

  @BeforeEach
  void anAgentWithEngines() throws IOException {
    patient = new Patient(directory, gateway);
    bin = directory.resolve("bin");
    StandIn.install(bin);
    patient.environment.put("PATH", bin + ":" + System.getenv("PATH"));
    patient.environment.put("HOME", directory.toString());
  }

  @AfterEach
  void close() {
    gateway.close();
  }

  private void servers(String text) throws IOException {
    var file = Files.writeString(directory.resolve("mcp.json"), text);
    patient.environment.put("VESPID_AGENT_MCP_CONFIG", file.toString());
  }

  @Test
  void enginesThatWorkAreNoFinding() {
    patient.environment.put("VESPID_AGENT_ENGINES", "claude,codex,opencode");

    assertThat(patient.examine()).filteredOn(Finding::fault).isEmpty();
  }

  @Test
  void anEngineWhoseProgramIsNotThere() {
    patient.environment.put("VESPID_AGENT_ENGINES", "claude");
    patient.environment.put("VESPID_CLAUDE_CODE_PATH", directory.resolve("none").toString());

    patient.has("ENGINE_NOT_FOUND");
    assertThat(patient.examine())
        .filteredOn(Finding::fault)
        .extracting(Finding::remedy)
        .containsExactly("install it, or mend VESPID_CLAUDE_CODE_PATH");
  }

  @Test
  void enginesThatNobodyAskedForMayBeAbsent() {
    patient.environment.remove("VESPID_AGENT_ENGINES");
    patient.environment.put("PATH", "/usr/bin:/bin");

    assertThat(patient.examine()).extracting(Finding::code).doesNotContain("ENGINE_NOT_FOUND");
  }

  @Test
  void anEngineWithoutALoginIsWorthKnowing() throws IOException {
    patient.environment.put("VESPID_AGENT_ENGINES", "claude");
    Files.delete(bin.resolve("login"));

    patient.has("ENGINE_WITHOUT_LOGIN");
    assertThat(patient.examine()).filteredOn(Finding::fault).isEmpty();
  }

  @Test
  void anEngineThatDoesNotAnswer() throws IOException {
    patient.environment.put("VESPID_AGENT_ENGINES", "claude");
    patient.environment.put("VESPID_ENGINE_AUTH_PROBE_TIMEOUT_MS", "1000");
    Files.createFile(bin.resolve("hang"));

    patient.has("ENGINE_SILENT");
  }

  @Test
  void aFileOfServersThatIsNotThereOrMalformed() throws IOException {
    patient.environment.put("VESPID_AGENT_MCP_CONFIG", directory.resolve("none").toString());
    patient.has("MCP_CONFIG_READ_FAILED");

    servers("{\"mcpServers\": ");
    patient.has("MCP_CONFIG_INVALID_JSON");
  }

  @Test
  void serversThatCannotBeStarted() throws IOException {
    servers(
        """
        {"mcpServers": {"neither": {}, "unset": {"command": "sh", "args": ["${NOT_SET_HERE}"]},
          "absent": {"command": "no-such-program-anywhere"}, "good": {"command": "sh"}}}
        """);

    patient.has("MCP_SERVER_INVALID", "MCP_ENV_NOT_SET", "MCP_PROGRAM_NOT_FOUND");
    assertThat(patient.examine()).filteredOn(Finding::fault).hasSize(3);
  }
}
