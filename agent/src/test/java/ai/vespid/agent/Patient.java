package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An agent for the doctor: healthy, until a test makes it otherwise. */
final class Patient {
  final Map<String, String> environment = new HashMap<>();
  final Path config;

  Patient(Path directory, TestGateway gateway) throws IOException {
    config = directory.resolve("home/agent.json");
    Files.createDirectories(config.getParent());
    environment.put("PATH", System.getenv("PATH"));
    environment.put("VESPID_AGENT_SANDBOXES", "host");
    // Those of this machine may have any login.
    environment.put("VESPID_AGENT_ENGINES", "none");
    environment.put("VESPID_EXECUTOR_WORKSPACE_CACHE_ROOT", directory.resolve("ws").toString());
    save(gateway.url(), TestGateway.TOKEN);
  }

  /** Writes whom the agent speaks to, and as whom. */
  void save(String url, String token) throws IOException {
    Files.deleteIfExists(config);
    Files.createFile(
        config, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(
        config,
        """
        {"executorId": "%s", "executorToken": "%s", "organizationId": "%s", "gatewayWsUrl": "%s"}
        """
            .formatted(TestGateway.EXECUTOR, token, TestGateway.ORGANIZATION, url));
  }

  /** All that is found, each with a remedy, and none with the credential. */
  List<Finding> examine() {
    var findings = Doctor.examine(environment, config);
    assertThat(findings).allSatisfy(finding -> assertThat(finding.remedy()).isNotBlank());
    assertThat(findings.toString()).doesNotContain("secret-token");
    return findings;
  }

  void has(String... codes) {
    assertThat(examine()).extracting(Finding::code).contains(codes);
  }
}
