package ai.vespid.agent.skill;

import ai.vespid.agent.sandbox.Sandbox;
import ai.vespid.agent.sandbox.SandboxFailed;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.sandbox.ShellTask;
import ai.vespid.agent.skill.Skills.Skill;
import ai.vespid.agent.tool.JsonSchema;
import ai.vespid.agent.tool.ToolCall;
import ai.vespid.agent.tool.ToolFailed;
import ai.vespid.agent.workspace.Deletion;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Uses one skill. It runs on a copy in the run's files, because a container sees nothing else (E7);
 * the copy is gone before those files are stored. All paths are relative for the same reason.
 */
final class SkillRun {
  private static final String STAGE = ".vespid-skill";
  private static final int FILES_MAX = 2_000;
  private static final long BYTES_MAX = 64L * 1024 * 1024;
  private static final String SCRIPT =
      """
      VESPID_SKILL_INPUT_PATH="$PWD/%1$s/input.json"
      export VESPID_SKILL_INPUT_PATH
      exec %2$s "%1$s/%3$s" < "%1$s/input.json"
      """;

  private final Sandboxes sandboxes;

  SkillRun(Sandboxes sandboxes) {
    this.sandboxes = sandboxes;
  }

  RawJson run(Skill skill, ToolCall call) throws ToolFailed, IOException, InterruptedException {
    var manifest = skill.manifest();
    var problem = JsonSchema.of(manifest.inputSchema()).problemOf(call.input());
    if (problem.isPresent()) {
      throw new ToolFailed(ErrorCode.INVALID_SKILL_INPUT.with(problem.get()), null);
    }
    var sandbox = sandbox(manifest, call);
    var stage = call.directory().resolve(STAGE);
    try {
      stage(skill, stage, call.input());
      return result(manifest, sandbox.run(task(manifest, call), call.cancellation()));
    } catch (SandboxFailed e) {
      throw new ToolFailed(e.error(), null);
    } finally {
      Deletion.of(stage);
    }
  }

  private Sandbox sandbox(SkillManifest manifest, ToolCall call) throws ToolFailed {
    var wanted = manifest.sandbox().backend();
    var sandbox =
        sandboxes
            .find(wanted)
            .orElseThrow(() ->
                new ToolFailed(
                    ErrorCode.SANDBOX_BACKEND_UNAVAILABLE.with(sandboxes.nameOf(wanted)), null));
    boolean none =
        call.network() == NetworkMode.NONE || network(manifest, call) == NetworkMode.NONE;
    if (none && !sandbox.isolatesNetwork()) {
      throw new ToolFailed(ErrorCode.HOST_NETWORK_MODE_UNSUPPORTED);
    }
    return sandbox;
  }

  // What the dispatch states goes before what the skill wishes.
  private static NetworkMode network(SkillManifest manifest, ToolCall call) {
    return call.network() == null ? manifest.sandbox().network() : call.network();
  }

  private static ShellTask task(SkillManifest manifest, ToolCall call) {
    var policy = call.invoke().toolPolicy();
    var wished = manifest.sandbox().timeoutMs();
    return new ShellTask(
        call.invoke().requestId(),
        call.invoke().epoch(),
        SCRIPT.formatted(STAGE, manifest.runtime().program(), manifest.entrypoint()),
        "sh",
        variables(manifest, call),
        manifest.sandbox().envPassthroughAllowlist(),
        call.directory(),
        wished == null ? policy.timeoutMs() : Math.min(wished, policy.timeoutMs()),
        policy.outputMaxChars(),
        new ShellTask.Wish(network(manifest, call), manifest.sandbox().image()));
  }

  private static Map<String, String> variables(SkillManifest manifest, ToolCall call) {
    var variables = new HashMap<String, String>();
    variables.put("VESPID_SKILL_ID", manifest.id());
    variables.put("VESPID_ORG_ID", call.invoke().organizationId());
    variables.put("VESPID_USER_ID", call.invoke().userId());
    variables.put("VESPID_RUN_ID", RequestId.runIdOf(call.invoke().requestId()));
    variables.put("VESPID_NODE_ID", nodeId(call.invoke().requestId()));
    return variables;
  }

  // Between the run and the attempt.
  private static String nodeId(String requestId) {
    int from = requestId.indexOf(':') + 1;
    return requestId.substring(from, Math.max(from, requestId.lastIndexOf(':')));
  }

  private static void stage(Skill skill, Path stage, RawJson input) throws ToolFailed, IOException {
    // What a run has under this name, a link maybe, is none of ours.
    Deletion.of(stage);
    try (var files = Files.walk(skill.folder())) {
      Files.createDirectory(stage);
      int count = 0;
      long bytes = 0;
      for (var file : (Iterable<Path>) files.skip(1)::iterator) {
        if (Files.isSymbolicLink(file)) throw new ToolFailed(ErrorCode.SKILL_SYMLINK_NOT_ALLOWED);
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) bytes += Files.size(file);
        if (++count > FILES_MAX || bytes > BYTES_MAX) {
          throw new ToolFailed(ErrorCode.SKILL_DIR_INVALID.with("is too large"), null);
        }
        Files.copy(file, stage.resolve(skill.folder().relativize(file).toString()));
      }
    } catch (FileAlreadyExistsException e) {
      throw new ToolFailed(ErrorCode.SKILL_STAGING_FAILED);
    }
    if (!Files.isRegularFile(stage.resolve(skill.manifest().entrypoint()))) {
      throw new ToolFailed(ErrorCode.SKILL_ENTRYPOINT_INVALID);
    }
    Files.write(stage.resolve("input.json"), input.bytes());
  }

  private static RawJson result(SkillManifest manifest, ShellOutput output) throws ToolFailed {
    if (output.failure() != null) throw new ToolFailed(output.failure(), RawJson.from(output));
    if (manifest.outputMode() == SkillManifest.OutputMode.TEXT)
      return RawJson.from(output.stdout());
    try {
      var bytes = output.stdout().getBytes(StandardCharsets.UTF_8);
      return RawJson.from(Json.read(bytes, JsonNode.class));
    } catch (InvalidMessage e) {
      throw new ToolFailed(ErrorCode.SKILL_OUTPUT_INVALID_JSON.name(), RawJson.from(output));
    }
  }
}
