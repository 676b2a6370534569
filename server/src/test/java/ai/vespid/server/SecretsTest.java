package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.node.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SecretsTest {
  @TempDir private Path folder;

  @Test
  void areRandomKeptAndReadableByTheirUserOnly() throws IOException {
    var home = new Home(folder.resolve("one"));
    home.directory("");
    var other = new Home(folder.resolve("two"));
    other.directory("");

    var first = Secrets.loadOrCreate(home);

    assertThat(Secrets.loadOrCreate(home)).isEqualTo(first);
    assertThat(Secrets.loadOrCreate(other).values()).doesNotContainAnyElementsOf(first.values());
    var file = home.path(Secrets.FILE);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.folder())))
        .isEqualTo("rwx------");
    assertThat(new Envelope("k", first.get("SECRETS_KEK_BASE64")).seal("x")).isNotEmpty();
  }

  @Test
  void addWhatALaterVersionNeedsAndKeepTheRest() {
    var home = new Home(folder);
    home.write(Secrets.FILE, "{\"GATEWAY_SERVICE_TOKEN\": \"mine\"}");

    var secrets = Secrets.loadOrCreate(home);

    assertThat(secrets).containsEntry("GATEWAY_SERVICE_TOKEN", "mine");
    assertThat(secrets).containsKeys("AUTH_TOKEN_SECRET", "SECRETS_KEK_BASE64");
  }

  @Test
  void areNotReplacedWhenTheFileIsBroken() {
    var home = new Home(folder);
    home.write(Secrets.FILE, "{\"GATEWAY_SERVICE_TOKEN\": \"hunter2");

    assertThatThrownBy(() -> Secrets.loadOrCreate(home))
        .isInstanceOf(ConfigurationException.class)
        .message()
        .contains("secrets.json")
        .doesNotContain("hunter2");
  }

  @Test
  void haveNoDefaultsWithoutUp() {
    assertThatThrownBy(() -> Secrets.complete(Map.of("DATABASE_URL", "postgres://x/y")))
        .isInstanceOf(ConfigurationException.class)
        .message()
        .contains("REDIS_URL", "GATEWAY_SERVICE_TOKEN", "AUTH_TOKEN_SECRET", "SECRETS_KEK_BASE64")
        .doesNotContain("DATABASE_URL");
  }

  @Test
  void aSecondServerIsKeptOutOfTheHome() throws IOException {
    var home = new Home(folder.resolve("home"));

    var lock = home.lock();
    assertThatThrownBy(home::lock)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("VESPID_HOME");
    lock.close();

    home.lock().close();
  }
}
