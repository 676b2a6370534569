package ai.vespid.agent.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigFileTest {
  private static final Map<String, String> SAME =
      Map.of(
          "json",
          """
          {"executorId": "e", "settings": {"backend": "docker", "stopGraceMs": 5,
            "docker": {"readOnly": false, "capDrop": ["NET_RAW", "MKNOD"], "cpus": 0.5}}}
          """,
          "yaml",
          """
          executorId: e
          settings:
            backend: docker
            stopGraceMs: 5
            docker: {readOnly: false, capDrop: [NET_RAW, MKNOD], cpus: 0.5}
          """,
          "toml",
          """
          executorId = "e"
          [settings]
          backend = "docker"
          stopGraceMs = 5
          [settings.docker]
          readOnly = false
          capDrop = ["NET_RAW", "MKNOD"]
          cpus = 0.5
          """);

  @TempDir Path directory;

  private final Problems problems = new Problems();

  private ConfigFile read(String name, String content) throws IOException {
    return ConfigFile.read(Files.writeString(directory.resolve(name), content));
  }

  private Settings settings(Map<String, String> environment, ConfigFile file) {
    return Settings.of(environment, file.settings(problems), problems);
  }

  @ParameterizedTest
  @ValueSource(strings = {"json", "yaml", "toml"})
  void saysTheSameInEachOfTheThreeKinds(String kind) throws IOException {
    var file = read("agent." + kind, SAME.get(kind));

    var settings = settings(Map.of(), file);

    assertThat(problems.found()).isEmpty();
    assertThat(file.root().path("executorId").asText()).isEqualTo("e");
    assertThat(settings.text(Setting.BACKEND)).contains("docker");
    assertThat(settings.number(Setting.STOP_GRACE_MS, 1, 0)).isEqualTo(5);
    assertThat(settings.flag(Setting.DOCKER_READONLY, true)).isFalse();
    assertThat(settings.list(Setting.DOCKER_CAP_DROP, "")).containsExactly("NET_RAW", "MKNOD");
    assertThat(settings.decimal(Setting.DOCKER_CPUS, "1", "0.1")).isEqualByComparingTo("0.5");
  }

  @Test
  void theEnvironmentGoesBeforeTheFileAndTheFileBeforeTheDefault() throws IOException {
    var file = read("agent.yaml", SAME.get("yaml"));

    var settings = settings(Map.of("VESPID_AGENT_STOP_GRACE_MS", "7"), file);

    assertThat(settings.number(Setting.STOP_GRACE_MS, 1, 0)).isEqualTo(7);
    assertThat(settings.text(Setting.BACKEND)).contains("docker");
    assertThat(settings.text(Setting.TAGS)).isEmpty();
  }

  @Test
  void theNamesOfTheSeedsAreUnderstood() throws IOException {
    var old =
        read(
            "agent.yaml",
            """
            coordination_url: http://localhost:3001
            auth_token: secret
            provider: docker
            cache_dir: /var/cache/agent
            log_level: debug
            heartbeat: {interval: 30s}
            offline_mode: false
            """);
    var older =
        read(
            "agent.toml",
            """
            [agent]
            log_level = "warn"
            [outbound]
            backend_url = "wss://gateway/ws/agent"
            agent_id = "a"
            """);

    assertThat(old.root().path("executorToken").asText()).isEqualTo("secret");
    assertThat(old.root().path("apiBaseUrl").asText()).isEqualTo("http://localhost:3001");
    var settings = settings(Map.of(), old);
    assertThat(settings.text(Setting.BACKEND)).contains("docker");
    assertThat(settings.path(Setting.WORKSPACES)).contains(Path.of("/var/cache/agent"));
    assertThat(settings.text(Setting.LOG_LEVEL)).contains("debug");
    assertThat(old.unread()).isEmpty();
    assertThat(settings.flag(Setting.OFFLINE, true)).isFalse();
    assertThat(older.root().path("gatewayWsUrl").asText()).isEqualTo("wss://gateway/ws/agent");
    assertThat(older.root().path("executorId").asText()).isEqualTo("a");
    assertThat(settings(Map.of(), older).text(Setting.LOG_LEVEL)).contains("warn");
    assertThat(problems.found()).isEmpty();
  }

  @Test
  void theVariablesOfTheSeedsAreUnderstood() {
    var settings =
        settings(
            Map.of(
                "VENDETTA_PROVIDER", "docker",
                "VENDETTA_LOG_LEVEL", "warn",
                "VENDETTA_AUTH_TOKEN", "t",
                "VENDETTA_DEBUG_PPROF", "true"),
            ConfigFile.empty());

    assertThat(settings.text(Setting.BACKEND)).contains("docker");
    assertThat(settings.text(Setting.LOG_LEVEL)).contains("warn");
    assertThat(settings.text(Setting.EXECUTOR_TOKEN)).contains("t");
    assertThat(settings.flag(Setting.DIAGNOSTICS, false)).isTrue();
    assertThat(settings.toString()).contains("EXECUTOR_TOKEN").doesNotContain("=t");
  }

  @Test
  void everythingThatIsWrongIsToldAtOnce() throws IOException {
    var file =
        read(
            "agent.yaml",
            """
            settings:
              stopGraceMs: soon
              docker: {memryMb: 5, cpus: fast, image: "${IMAGE}"}
              nonsense: 1
            """);

    settings(Map.of("VESPID_AGENT_HTTP_PORT", "x"), file);

    assertThat(problems.found())
        .extracting(Problems.Problem::toString)
        .containsExactlyInAnyOrder(
            "settings.docker.memryMb is no setting; did you mean docker.memoryMb?",
            problems.found().get(1).toString(),
            "settings.stopGraceMs must be a number",
            "settings.docker.cpus must be a number",
            "settings.docker.image still has a ${…} in it, which nobody replaces",
            "VESPID_AGENT_HTTP_PORT must be a number");
    assertThat(problems.found().get(1).where()).isEqualTo("settings.nonsense");
  }

  @ParameterizedTest
  @ValueSource(strings = {"agent.json", "agent.yaml", "agent.toml"})
  void aMalformedFileSaysWhereAndRepeatsNothing(String name) {
    assertThatThrownBy(() -> read(name, "{\"executorToken\": \"secret\", "))
        .isInstanceOf(IOException.class)
        .hasMessageNotContaining("secret")
        .hasMessageStartingWith("is malformed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"agent.json", "agent.yaml", "agent.toml"})
  void isReadBackAsItWasWrittenWithItsSettingsAndForItsOwnerAlone(String name) throws IOException {
    var file = directory.resolve("new").resolve(name);
    var identity = ConfigFile.empty().root().put("executorId", "one");
    ConfigFile.write(file, identity.deepCopy());
    var kind = name.substring(name.indexOf('.') + 1);
    Files.writeString(file, SAME.get(kind));

    ConfigFile.write(file, identity);

    var back = ConfigFile.read(file);
    assertThat(back.root().path("executorId").asText()).isEqualTo("one");
    assertThat(settings(Map.of(), back).text(Setting.BACKEND)).contains("docker");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }
}
