package ai.vespid.gateway.control;

import ai.vespid.protocol.ErrorCode;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;

/** Where the agent's releases are, and the commands that download and connect it. */
final class Installer {
  private static final String CHECKSUMS = "vespid-agent-checksums.txt";

  /** What {@code /v1/meta/agent-installer} answers. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Metadata(
      String provider,
      String repository,
      String channel,
      String docsUrl,
      List<Artifact> artifacts,
      String checksumsUrl,
      Commands commands) {}

  /** One platform's archive. */
  record Artifact(
      String platformId,
      String os,
      String arch,
      String fileName,
      String archiveType,
      String downloadUrl,
      Commands commands) {}

  /** What to type; {@code download} only where it is known for which platform. */
  record Commands(List<String> download, String connect, String start) {}

  private final ControlSettings settings;

  Installer(ControlSettings settings) {
    this.settings = settings;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of("agentInstaller", this::metadata);
  }

  private Future<Answer> metadata(Call call) {
    if (!settings.installerEnabled()) {
      return Future.failedFuture(
          new Problem(
              ErrorCode.AGENT_INSTALLER_UNAVAILABLE,
              "this installation offers no agent downloads"));
    }
    var artifacts =
        List.of(
            artifact("linux", "x64"),
            artifact("linux", "arm64"),
            artifact("darwin", "x64"),
            artifact("darwin", "arm64"),
            artifact("windows", "x64"));
    return Future.succeededFuture(
        Answer.ok(
            new Metadata(
                "github-releases",
                settings.installerRepository(),
                settings.installerChannel(),
                settings.installerDocsUrl(),
                artifacts,
                url(CHECKSUMS),
                commands("./vespid-agent", null))));
  }

  private Artifact artifact(String os, String arch) {
    var platform = os + "-" + arch;
    boolean windows = os.equals("windows");
    var type = windows ? "zip" : "tar.gz";
    var file = "vespid-agent-" + platform + "." + type;
    var program = windows ? ".\\vespid-agent.exe" : "./vespid-agent";
    var download = windows ? powershell(file) : shell(file);
    return new Artifact(platform, os, arch, file, type, url(file), commands(program, download));
  }

  private Commands commands(String program, List<String> download) {
    var connect =
        "%s connect --pairing-token \"<token>\" --api-base \"%s\""
            .formatted(program, settings.publicApiUrl());
    return new Commands(download, connect, program + " start");
  }

  private List<String> shell(String file) {
    return List.of(
        "curl -fsSL \"%s\" -o \"%s\"".formatted(url(file), file),
        "tar -xzf \"%s\"".formatted(file),
        "chmod +x ./vespid-agent");
  }

  private List<String> powershell(String file) {
    return List.of(
        "Invoke-WebRequest -Uri \"%s\" -OutFile \"%s\"".formatted(url(file), file),
        "Expand-Archive -Path \"%s\" -DestinationPath . -Force".formatted(file));
  }

  private String url(String file) {
    var release =
        settings.installerChannel().equals("latest")
            ? "latest/download"
            : "download/" + settings.installerChannel();
    return "https://github.com/%s/releases/%s/%s"
        .formatted(settings.installerRepository(), release, file);
  }
}
