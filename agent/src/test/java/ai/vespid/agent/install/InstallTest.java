package ai.vespid.agent.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.vespid.agent.TestGateway;
import ai.vespid.agent.operation.ControlSocket;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** On a real sshd of this machine, below a folder: the same script as for a service of systemd. */
@Timeout(180)
class InstallTest {
  @TempDir Path folder;

  private final TestGateway gateway = new TestGateway();
  private Sshd sshd;

  @BeforeEach
  void serve() throws Exception {
    assumeThat(Sshd.program()).as("sshd of openssh-server").isNotNull();
    sshd = new Sshd(Files.createDirectory(folder.resolve("ssh")));
    Files.writeString(
        folder.resolve("agent.json"),
        """
        {"executorId": "%s", "executorToken": "%s", "organizationId": "%s", "gatewayWsUrl": "%s",
         "settings": {"sandboxes": "host"}}
        """
            .formatted(
                TestGateway.EXECUTOR, TestGateway.TOKEN, TestGateway.ORGANIZATION, gateway.url()));
  }

  @AfterEach
  void stop() throws Exception {
    ControlSocket.stop(socket());
    if (sshd != null) sshd.close();
    gateway.close();
  }

  private Path prefix() {
    return folder.resolve("there");
  }

  private Path socket() {
    return prefix().resolve("data/agent.sock");
  }

  /** An archive as it is built, but for its Java: what it starts is the agent under test. */
  private Path archive(String version, String first) throws Exception {
    var home = folder.resolve(version + "/vespid-agent");
    Files.createDirectories(home.resolve("bin"));
    var launcher = home.resolve("bin/vespid-agent");
    Files.writeString(
        launcher,
        """
        #!/bin/sh
        %s
        exec "%s" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx64m -cp "%s" ai.vespid.agent.AgentCommand "$@"
        """
            .formatted(
                first,
                Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("java.class.path")));
    Files.writeString(home.resolve("VERSION"), version);
    Files.copy(Path.of("dist/install-service.sh"), home.resolve("install-service.sh"));
    for (var script : List.of(launcher, home.resolve("install-service.sh"))) {
      Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    return Cargo.packed(home, folder.resolve(version + ".tar.gz")).archive();
  }

  private record Said(int code, String text) {}

  private Said install(Path archive, Path knownHosts, String... more) {
    var arguments = new ArrayList<>(List.of(sshd.destination(), "--archive", archive.toString()));
    arguments.addAll(List.of("--identity", sshd.identity().toString()));
    arguments.addAll(List.of("--known-hosts", knownHosts.toString()));
    arguments.addAll(List.of("--prefix", prefix().toString()));
    if (!List.of(more).contains("--wait")) arguments.addAll(List.of("--wait", "40"));
    arguments.addAll(List.of("--config", folder.resolve("agent.json").toString()));
    arguments.addAll(List.of(more));
    var text = new StringWriter();
    var command = new CommandLine(new Install());
    command.setOut(new PrintWriter(text, true)).setErr(new PrintWriter(text, true));
    command.setExecutionExceptionHandler((failure, line, _) -> {
      line.getErr().println(failure.getMessage());
      return 1;
    });
    return new Said(command.execute(arguments.toArray(String[]::new)), text.toString());
  }

  private JsonNode status() {
    var answer = ControlSocket.status(socket()).orElseThrow();
    return Json.read(answer.getBytes(StandardCharsets.UTF_8), JsonNode.class);
  }

  private String installed() throws IOException {
    return Files.readString(prefix().resolve("agent/VERSION"));
  }

  @Test
  void installsAWorkingAgentAndBringsItUpToDate() throws Exception {
    var first = install(archive("one", ""), sshd.knownHosts());

    assertThat(first.text()).contains("executor " + TestGateway.EXECUTOR);
    assertThat(first.code()).isZero();
    assertThat(status().path("connected").asBoolean()).isTrue();
    gateway.next(Hello.class);
    var config = prefix().resolve("data/agent.json");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(config)))
        .isEqualTo("rw-------");
    long before = status().path("pid").asLong();

    var second = install(archive("two", ""), sshd.knownHosts());

    assertThat(second.code()).as(second.text()).isZero();
    assertThat(installed()).isEqualTo("two");
    assertThat(status().path("connected").asBoolean()).isTrue();
    assertThat(status().path("pid").asLong()).isNotEqualTo(before);
    assertThat(first.text() + second.text()).doesNotContain("secret-token");
  }

  @Test
  void aVersionThatDoesNotComeToWorkIsTakenBack() throws Exception {
    assertThat(install(archive("one", ""), sshd.knownHosts()).code()).isZero();

    var broken = archive("two", "[ \"$1\" != start ] || exit 1");
    var said = install(broken, sshd.knownHosts(), "--wait", "2");

    assertThat(said.code()).isOne();
    assertThat(said.text()).contains("INSTALL_FAILED", "the version before runs again");
    assertThat(installed()).isEqualTo("one");
    assertThat(status().path("connected").asBoolean()).isTrue();
  }

  @Test
  void aVersionThatDoesNotEvenStartChangesNothing() throws Exception {
    assertThat(install(archive("one", ""), sshd.knownHosts()).code()).isZero();
    long before = status().path("pid").asLong();

    var said = install(archive("two", "exit 1"), sshd.knownHosts());

    assertThat(said.code()).isOne();
    assertThat(said.text()).contains("nothing was changed");
    assertThat(installed()).isEqualTo("one");
    assertThat(status().path("pid").asLong()).isEqualTo(before);
  }

  @Test
  void aMachineThatIsNotKnownIsLeftAlone() throws Exception {
    var archive = archive("one", "");
    var nobody = folder.resolve("nobody");

    var unknown = install(archive, nobody);
    assertThat(unknown.text()).contains("HOST_KEY_UNKNOWN", sshd.fingerprint());
    var changed =
        install(
            archive,
            sshd.knownHosts("changed", Files.readString(folder.resolve("ssh/client.pub"))));
    assertThat(changed.text()).contains("HOST_KEY_CHANGED");
    var mismatch = install(archive, sshd.knownHosts(), "--host-key", "SHA256:" + "A".repeat(43));
    assertThat(mismatch.text()).contains("HOST_KEY_MISMATCH");
    assertThat(Files.exists(prefix())).isFalse();
    assertThat(Files.exists(nobody)).isFalse();
  }

  @Test
  void aFingerprintThatWasGivenIsEnoughAndANewKeyCanBeLearnt() throws Exception {
    var nobody = folder.resolve("nobody");
    // It fails at the next step, which is after the key.
    var archive = archive("one", "exit 1");

    assertThat(install(archive, nobody, "--host-key", sshd.fingerprint()).text())
        .contains("INSTALL_FAILED");
    assertThat(Files.exists(nobody)).isFalse();
    assertThat(install(archive, nobody, "--accept-new").text()).contains("INSTALL_FAILED");
    assertThat(install(archive, nobody).text()).contains("INSTALL_FAILED");
  }

  @Test
  void aKeyThatIsNotLetInAndAMachineThatIsNotThereAreNamed() throws Exception {
    var archive = archive("one", "");
    Files.writeString(folder.resolve("ssh/authorized"), "");
    assertThat(install(archive, sshd.knownHosts()).text()).contains("SSH_AUTHENTICATION_FAILED");

    var knownHosts = sshd.knownHosts();
    sshd.close();
    assertThat(install(archive, knownHosts).text()).contains("SSH_UNREACHABLE");
  }
}
