package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.crypto.Tokens;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that cannot start says why in one line, soon, with exit code 2. */
final class FailedStartTest {
  @TempDir private Path folder;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void complete() {
    environment.put("DATABASE_URL", "postgres://me:hunter2@127.0.0.1:1/vespid");
    environment.put("REDIS_URL", "redis://:hunter2@127.0.0.1:1");
    environment.put("SECRETS_KEK_BASE64", Base64.getEncoder().encodeToString(new byte[32]));
    for (var name :
        new String[] {"GATEWAY_SERVICE_TOKEN", "AUTH_TOKEN_SECRET", "WORKSPACE_SIGNING_SECRET"}) {
      environment.put(name, Tokens.random(32));
    }
    environment.put("VESPID_CONFIG", Path.of("../conf/all.json").toString());
    environment.put("VESPID_HOME", folder.resolve("home").toString());
  }

  private void fails(String command, String... said) {
    var out = new StringWriter();
    long begun = System.nanoTime();
    int code =
        VespidCommand.commandLine(environment)
            .setErr(new PrintWriter(out))
            .setOut(new PrintWriter(new StringWriter()))
            .execute(command);
    assertThat(code).isEqualTo(2);
    assertThat(out.toString().strip()).contains(said).doesNotContain("\n", "hunter2", "\tat ");
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void withoutSecrets() {
    environment.clear();
    fails("serve", "GATEWAY_SERVICE_TOKEN", "vespid up");
  }

  @Test
  void whenTheDatabaseDoesNotAnswer() {
    fails("serve", "127.0.0.1:1/vespid", "DATABASE_URL");
  }

  @Test
  void whenAnAddressIsNone() {
    environment.put("DATABASE_URL", "mysql://me:hunter2@db/x");
    fails("serve", "DATABASE_URL", "postgres://");
  }

  @Test
  void whenTheConfigurationIsMalformed() throws IOException {
    environment.put(
        "VESPID_CONFIG", Files.writeString(folder.resolve("bad.json"), "{nonsense").toString());
    fails("serve", "bad.json", "malformed JSON");
    fails("up", "bad.json", "malformed JSON");
  }

  @Test
  void whenTheRoleOrTheLogLevelOrANumberIsUnknown() {
    environment.put("GATEWAY_AGENT_STALE_MS", "soon");
    fails("serve", "GATEWAY_AGENT_STALE_MS", "soon");
    environment.remove("VESPID_CONFIG");
    environment.put("GATEWAY_ROLE", "chief");
    fails("serve", "GATEWAY_ROLE", "brain");
    environment.put("GATEWAY_LOG_LEVEL", "loud");
    fails("serve", "GATEWAY_LOG_LEVEL", "debug");
  }

  @Test
  void whenNothingRunsThatCouldBeShown() {
    fails("demo", "vespid up");
  }

  @Test
  void whenAPortIsTaken() throws IOException {
    try (var taken = new ServerSocket(0)) {
      environment.remove("DATABASE_URL");
      environment.remove("REDIS_URL");
      environment.put("GATEWAY_PORT", Integer.toString(taken.getLocalPort()));
      environment.put("API_PORT", "0");
      fails("up", "port " + taken.getLocalPort() + " is taken", "GATEWAY_PORT");
    }
  }
}
