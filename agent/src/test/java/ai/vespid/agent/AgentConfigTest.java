package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Pool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentConfigTest {
  @TempDir Path directory;

  private static AgentConfig config(String url, String name, Integer maxInFlight) {
    return new AgentConfig(
        Pool.BYON,
        TestGateway.EXECUTOR,
        TestGateway.TOKEN,
        TestGateway.ORGANIZATION,
        url,
        "http://localhost:3001/",
        name,
        "1",
        new AgentConfig.Capabilities(List.of("agent.execute"), List.of("a"), maxInFlight));
  }

  @Test
  void isReadBackAsItWasWrittenAndOnlyItsOwnerCanReadIt() throws IOException {
    var file = directory.resolve("new/agent.json");
    var config = config("ws://localhost:3002/ws/executor", "n", 7);

    config.write(file);
    config.write(file);

    assertThat(AgentConfig.read(file)).isEqualTo(config);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void neverShowsItsToken() {
    assertThat(config("ws://h/ws", "n", 1).toString()).doesNotContain("secret-token");
  }

  @Test
  void readsTheNamesOfTheFirstGeneration() throws IOException {
    var file = directory.resolve("agent.json");
    Files.writeString(
        file,
        """
        {"agentId": "%s", "agentToken": "t", "organizationId": "%s", "name": "old",
         "gatewayWsUrl": "ws://localhost/ws", "agentVersion": "0.1",
         "capabilities": {"kinds": [], "tags": ["x"]}, "more": 1}
        """
            .formatted(TestGateway.EXECUTOR, TestGateway.ORGANIZATION));

    var config = AgentConfig.read(file);

    assertThat(config.pool()).isEqualTo(Pool.BYON);
    assertThat(config.executorToken()).isEqualTo("t");
    assertThat(config.executorName()).isEqualTo("old");
    assertThat(config.labels()).containsExactly("x");
    assertThat(config.maxInFlight()).isEqualTo(10);
    assertThat(config.gatewayWsUrl()).isEqualTo("ws://127.0.0.1/ws");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{}", "{\"executorId\":\"x\"}", "null"})
  void aFileThatIsNoConfigIsAnErrorOfOneLine(String content) throws IOException {
    var file = Files.writeString(directory.resolve("agent.json"), content);

    assertThatThrownBy(() -> AgentConfig.read(file))
        .isInstanceOf(AgentFailure.class)
        .hasMessageStartingWith("EXECUTOR_CONFIG_INVALID: ")
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost:3001/, http://127.0.0.1:3001",
    "ws://localhost/ws, ws://127.0.0.1/ws",
    "http://localhost, http://127.0.0.1",
    "http://localhost.example.org/, http://localhost.example.org",
    "http://example.org/localhost, http://example.org/localhost"
  })
  void saysWhichLocalhostIsMeant(String url, String expected) {
    assertThat(AgentConfig.loopback(url)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://h/ws", "ws://", "ws://[bad", "nonsense", "ws://h/a b"})
  void aGatewayThatCannotBeDialledIsRefused(String url) {
    assertThatThrownBy(() -> config(url, "n", 1))
        .isInstanceOf(InvalidMessage.class)
        .hasMessageStartingWith("gatewayWsUrl");
  }

  @Test
  void whatTheHelloCouldNotSayIsRefused() {
    assertThatThrownBy(() -> config("ws://h/ws", "n".repeat(121), 1))
        .isInstanceOf(InvalidMessage.class);
    assertThatThrownBy(() -> config("ws://h/ws", "n", 0)).isInstanceOf(InvalidMessage.class);
    assertThatThrownBy(() -> config("ws://h/ws", "n", 201)).isInstanceOf(InvalidMessage.class);
  }

  @Test
  void optionsOfTheStartGoBeforeWhatIsSaved() {
    var saved = config("ws://h/ws", "n", 7);

    assertThat(saved.with(null, null, null).maxInFlight()).isEqualTo(7);
    assertThat(saved.with("m", List.of("b"), 3).executorName()).isEqualTo("m");
    assertThat(saved.with("m", List.of("b"), 3).labels()).containsExactly("b");
    assertThat(saved.with("m", List.of("b"), 3).maxInFlight()).isEqualTo(3);
  }

  @Test
  void settingsHaveDefaultsFloorsAndClearErrors() {
    assertThat(new AgentSettings(Map.of()).hostOutputCharsMax()).isEqualTo(65_536);
    assertThat(settings("VESPID_AGENT_HOST_OUTPUT_MAX_CHARS", "5").hostOutputCharsMax())
        .isEqualTo(1_024);
    assertThat(settings("VESPID_AGENT_HOST_OUTPUT_MAX_CHARS", "99999999").hostOutputCharsMax())
        .isLessThan(700_000);
    assertThat(settings("VESPID_AGENT_JOURNAL_DIR", "~/x").journal(directory).toString())
        .isEqualTo(System.getProperty("user.home") + "/x");
    assertThatThrownBy(() -> settings("VESPID_AGENT_STOP_GRACE_MS", "soon").stopGrace())
        .hasMessage("EXECUTOR_CONFIG_INVALID: VESPID_AGENT_STOP_GRACE_MS must be a number");
  }

  private static AgentSettings settings(String name, String value) {
    return new AgentSettings(Map.of(name, value));
  }
}
