package ai.vespid.agent.sandbox.docker;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.settings.Settings;
import com.github.dockerjava.api.model.Capability;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DockerSettingsTest {
  @TempDir Path directory;

  private final Problems problems = new Problems();

  private DockerOptions read(Map<String, String> environment) {
    return DockerSettings.read(Settings.of(environment, Map.of(), problems), 65_536, problems);
  }

  @Test
  void whatIsNotSaidIsStrict() {
    var options = read(Map.of());

    assertThat(problems.found()).isEmpty();
    assertThat(options.images().usual()).isEqualTo("node:24-alpine");
    assertThat(options.limits().memoryBytes()).isEqualTo(256L << 20);
    assertThat(options.limits().nanoCpus()).isEqualTo(1_000_000_000);
    assertThat(options.limits().pids()).isEqualTo(256);
    assertThat(options.files().readOnly()).isTrue();
    assertThat(options.files().tmpfs()).containsOnlyKeys("/tmp");
    assertThat(options.files().mounts()).isEmpty();
    assertThat(options.privileges().dropped()).containsExactly(Capability.ALL);
    assertThat(options.privileges().noNewPrivileges()).isTrue();
    assertThat(options.privileges().seccomp()).contains("SCMP_ACT_ERRNO");
    assertThat(options.privileges().user().uid()).isPositive();
    assertThat(options.network().byDefault()).isFalse();
  }

  @Test
  void numbersBelowTheirFloorsAreRaised() {
    var options =
        read(
            Map.of(
                "VESPID_AGENT_DOCKER_MEMORY_MB", "1",
                "VESPID_AGENT_DOCKER_CPUS", "0.001",
                "VESPID_AGENT_DOCKER_PIDS", "1",
                "VESPID_AGENT_DOCKER_TIMEOUT_MS", "1"));

    assertThat(options.limits().memoryBytes()).isEqualTo(64L << 20);
    assertThat(options.limits().nanoCpus()).isEqualTo(100_000_000);
    assertThat(options.limits().pids()).isEqualTo(64);
    assertThat(options.timeoutMsMax()).isEqualTo(1_000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "AGENT_WORKER_DOCKER_READONLY | perhaps",
        "AGENT_WORKER_DOCKER_TMPFS | tmp:size=1m",
        "AGENT_WORKER_DOCKER_TMPFS | /tmp:size=much",
        "AGENT_WORKER_DOCKER_TMPFS | /work",
        "AGENT_WORKER_DOCKER_TMPFS | /tmp:rw,,size=1m",
        "AGENT_WORKER_DOCKER_CAP_DROP | EVERYTHING",
        "AGENT_WORKER_DOCKER_NO_NEW_PRIVS | yes please",
        "AGENT_WORKER_DOCKER_SECCOMP_PROFILE | /no/such/file",
        "AGENT_WORKER_DOCKER_SECCOMP_PROFILE | /etc/passwd",
        "AGENT_WORKER_DOCKER_APPARMOR | a b",
        "AGENT_WORKER_DOCKER_SECURITY_OPTS | systempaths=unconfined",
        "AGENT_WORKER_DOCKER_SECURITY_OPTS | no-new-privileges=maybe",
        "AGENT_WORKER_DOCKER_CPUS | one",
        "AGENT_WORKER_DOCKER_CPUS | 99999999",
        "AGENT_WORKER_DOCKER_ULIMITS | nofile",
        "AGENT_WORKER_DOCKER_ULIMITS | files=10",
        "AGENT_WORKER_DOCKER_ULIMITS | nofile=20:10",
        "AGENT_WORKER_DOCKER_STORAGE_OPTS | size=big",
        "AGENT_WORKER_DOCKER_STORAGE_OPTS | dm.basesize=1G",
        "AGENT_WORKER_DOCKER_PIDS_LIMIT | many",
        "AGENT_WORKER_DOCKER_NETWORK | container:other name",
        "AGENT_WORKER_DISABLE_NETWORK | 2",
        "AGENT_WORKER_DOCKER_MOUNT | relative/path",
        "AGENT_WORKER_DOCKER_MOUNT | /no/such/folder",
        "AGENT_WORKER_DOCKER_MOUNT | /",
        "AGENT_WORKER_DOCKER_MOUNT | /var/run",
        "AGENT_WORKER_DOCKER_MOUNT | /tmp:/work",
        "AGENT_WORKER_DOCKER_USER | root",
        "AGENT_WORKER_DOCKER_USER | 0:0",
        "AGENT_WORKER_IMAGE | --privileged",
        "VESPID_AGENT_DOCKER_NETWORK_DEFAULT | sometimes",
        "VESPID_AGENT_DOCKER_MEMORY_MB | 256m",
        "DOCKER_HOST | ssh://somewhere",
        "AGENT_WORKER_DOCKER_SECCOMP_PROFILE | ${PROFILE}"
      })
  void aMalformedValueIsAProblem(String variable, String value) {
    read(Map.of(variable, value));

    assertThat(problems.found()).hasSize(1);
  }

  @Test
  void allProblemsAreToldAtOnce() {
    read(
        Map.of(
            "AGENT_WORKER_DOCKER_CPUS", "one",
            "AGENT_WORKER_DOCKER_ULIMITS", "x",
            "AGENT_WORKER_DOCKER_CAP_DROP", "x"));

    assertThat(problems.found()).hasSize(3);
  }

  @Test
  void ourNameAndTheSeedsMayNotContradictEachOther() {
    read(Map.of("VESPID_AGENT_DOCKER_CPUS", "1", "AGENT_WORKER_DOCKER_CPUS", "2"));

    assertThat(problems.found().getFirst().toString())
        .isEqualTo(
            "VESPID_AGENT_DOCKER_CPUS and AGENT_WORKER_DOCKER_CPUS say different things: set one"
                + " of them");
  }

  @Test
  void aProfileThatWouldLetEverythingThroughIsNone() throws Exception {
    for (var json : List.of("{}", "[]", "{\"defaultAction\":\"ALLOW\"}", "{", "null")) {
      var file = Files.writeString(directory.resolve("profile.json"), json);
      read(Map.of("AGENT_WORKER_DOCKER_SECCOMP_PROFILE", file.toString()));
    }

    assertThat(problems.found()).hasSize(5);
  }

  @Test
  void aMountMayNotHoldTheSocketThroughALink() throws Exception {
    var link = Files.createSymbolicLink(directory.resolve("link"), Path.of("/"));

    read(Map.of("AGENT_WORKER_DOCKER_MOUNT", link.toString()));

    assertThat(problems.found()).hasSize(1);
  }

  @Test
  void aFolderInMemoryWithoutASizeGetsOne() {
    var options = read(Map.of("AGENT_WORKER_DOCKER_TMPFS", "/tmp, /var/tmp:rw"));

    assertThat(options.files().tmpfs())
        .containsEntry("/tmp", "size=64m")
        .containsEntry("/var/tmp", "rw,size=64m");
  }
}
