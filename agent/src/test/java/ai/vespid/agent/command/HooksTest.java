package ai.vespid.agent.command;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.command.CommandResult.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HooksTest {
  private static final String ARGS = "{'username': 'alice'}";
  private static final String SECRET = "{\"password\": \"a secret; $(id)\"}";

  @TempDir Path directory;

  private Site site;

  @BeforeEach
  void assemble() throws IOException {
    Files.createDirectory(directory.resolve("hooks"));
    site = new Site(directory);
  }

  private Path hook(String verb, String script) throws IOException {
    var file = Files.writeString(directory.resolve("hooks").resolve(verb), "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return file;
  }

  @Test
  void aVerbRunsItsProgramWithSecretsOnItsInputAlone() throws IOException {
    hook("create_panel_user", "echo \"$0 $*\"; cat; echo; env | sort; exit 0");

    var result = site.run("create_panel_user", ARGS, SECRET);

    assertThat(result.status()).as(result.error()).isEqualTo(Status.SUCCESS);
    var stdout = Site.output(result).get("stdout").asText();
    assertThat(stdout)
        .startsWith(
            directory.toRealPath().resolve("hooks/create_panel_user") + " --username=alice\n")
        .contains("{\"password\":\"***\"}")
        .contains("LC_ALL=C")
        .doesNotContain("HOME=", "secret");
    assertThat(Site.output(result).get("rc").asInt()).isZero();
    assertThat(result.toString()).doesNotContain("secret");
  }

  @Test
  void whatFailsSaysWithWhichCodeAndWhatTakesTooLongIsEnded() throws IOException {
    hook("list_users", "echo broken >&2; exit 7");

    var result = site.run("list_users", "{}");

    assertThat(result.status()).isEqualTo(Status.FAILED);
    assertThat(result.code()).isEqualTo("HOOK_FAILED");
    assertThat(Site.output(result).get("rc").asInt()).isEqualTo(7);
    assertThat(Site.output(result).get("stderr").asText()).isEqualTo("broken\n");
  }

  @Test
  void aVerbWithoutItsProgramIsWithdrawnAndDenied() throws IOException {
    assertThat(site.node.desk().offered()).doesNotContain("delete_user");
    var result = site.run("delete_user", ARGS);
    assertThat(result.status()).isEqualTo(Status.DENIED);
    assertThat(result.code()).isEqualTo("SCRIPT_NOT_FOUND");

    var file = hook("delete_user", "exit 0");
    assertThat(site.node.desk().offered()).contains("delete_user");
    assertThat(site.run("delete_user", ARGS).status()).isEqualTo(Status.SUCCESS);
    // What others can change is not the site's program any more.
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(site.run("delete_user", ARGS).status()).isEqualTo(Status.DENIED);
  }

  @Test
  void argumentsThatAreNotOfTheirShapeReachNoProgram() throws IOException {
    hook("create_panel_user", "touch " + directory.resolve("ran"));

    for (var args : new String[] {"{}", "{'username': 'a b c'}", "{'username': 'al', 'x': 1}"}) {
      var result = site.run("create_panel_user", args, SECRET);
      assertThat(result.status()).isEqualTo(Status.DENIED);
      assertThat(result.code()).isEqualTo("VALIDATION_FAILED");
    }
    var open = site.run("create_panel_user", "{'username': 'alice', 'password': 'known to all'}");
    assertThat(open.code()).isEqualTo("VALIDATION_FAILED");
    assertThat(site.run("format_disk", "{}").code()).isEqualTo("UNKNOWN_VERB");
    assertThat(directory.resolve("ran")).doesNotExist();
  }

  @Test
  void verbsAboutContainersAreWithdrawnWithoutAnEngine() {
    assertThat(site.node.desk().offered())
        .contains("get_system_health", "get_monitoring_data", "terminate_session")
        .doesNotContain("spawn_container", "list_containers", "stop_container");
    assertThat(site.run("list_containers", "{}").status()).isEqualTo(Status.DENIED);
    assertThat(Site.output(site.run("get_monitoring_data", "{}")).has("health")).isTrue();
  }
}
