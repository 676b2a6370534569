package ai.vespid.agent.skill;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What {@code skill.json} says.
 *
 * @param entrypoint a path inside the skill's folder
 * @param inputSchema what its input has to fit
 */
record SkillManifest(
    String id,
    String version,
    String description,
    String entrypoint,
    Runtime runtime,
    RawJson inputSchema,
    OutputMode outputMode,
    Sandbox sandbox) {
  static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");
  // It stands in a script, where nothing else would be safe.
  private static final Pattern ENTRYPOINT = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}");

  /** What runs the entrypoint. */
  enum Runtime {
    @JsonProperty("shell")
    SHELL("sh"),
    @JsonProperty("node")
    NODE("node");

    private final String program;

    Runtime(String program) {
      this.program = program;
    }

    String program() {
      return program;
    }
  }

  /** What its standard output is. */
  enum OutputMode {
    @JsonProperty("text")
    TEXT,
    @JsonProperty("json")
    JSON
  }

  /** Where it wants to run. */
  record Sandbox(
      String backend,
      NetworkMode network,
      Integer timeoutMs,
      Docker docker,
      List<String> envPassthroughAllowlist) {
    /** Of a container. */
    record Docker(String image) {
      Docker {
        Check.optionalText("sandbox.docker.image", image, 1, 200);
      }
    }

    Sandbox {
      Check.optionalRange("sandbox.timeoutMs", timeoutMs, 1_000, 600_000);
      envPassthroughAllowlist =
          Check.texts("sandbox.envPassthroughAllowlist", envPassthroughAllowlist, 50, 120);
    }

    String image() {
      return docker == null ? null : docker.image();
    }
  }

  SkillManifest {
    if (!ID.matcher(Check.required("id", id)).matches()) {
      throw new InvalidMessage("id", "must match " + ID);
    }
    Check.text("version", version, 1, 64);
    Check.text("description", description, 1, 2_000);
    Check.required("entrypoint", entrypoint);
    if (!ENTRYPOINT.matcher(entrypoint).matches() || entrypoint.matches("(.*/)?\\.\\.?(/.*)?")) {
      throw new InvalidMessage("entrypoint", "must be a path inside the skill");
    }
    Check.required("runtime", runtime);
    Check.required("inputSchema", inputSchema);
    Check.required("outputMode", outputMode);
    if (sandbox == null) sandbox = new Sandbox(null, null, null, null, null);
  }
}
