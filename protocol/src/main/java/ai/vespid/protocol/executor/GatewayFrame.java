package ai.vespid.protocol.executor;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * What the gateway says to an agent, protocol v2 (contract 1.3) and our additions, which agents of
 * the original ignore: {@code executor_welcome_v2}, {@code executor_error_v2}, {@code result_ack},
 * {@code dispatch_cancel}, {@code drain}, and {@code epoch} and {@code effect} in the invoke. The
 * conversation stands at {@link ExecutorFrame}.
 */
@JsonPropertyOrder({"type"})
public sealed interface GatewayFrame {
  /** The wire name of the frame. */
  @JsonProperty("type")
  String type();

  /**
   * Run this. Answered with exactly one tool_result_v2. {@code effect} is ours: what may be done
   * when it was begun here before and stopped; null when the gateway does not say.
   */
  record InvokeTool(
      String requestId,
      Integer epoch,
      String organizationId,
      String userId,
      Kind kind,
      RawJson payload,
      String secret,
      ToolPolicy toolPolicy,
      Workspace workspace,
      WorkspaceAccess workspaceAccess,
      String idempotencyKey,
      EffectClass effect)
      implements GatewayFrame {
    public InvokeTool {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.optionalRange("epoch", epoch, 1, Integer.MAX_VALUE);
      Check.uuid("organizationId", organizationId);
      Check.uuid("userId", userId);
      Check.required("kind", kind);
      Check.required("payload", payload);
      Check.optionalText("secret", secret, 1, 1_000_000);
      Check.required("toolPolicy", toolPolicy);
      Check.required("workspace", workspace);
      Check.required("workspaceAccess", workspaceAccess);
      Check.optionalText("idempotencyKey", idempotencyKey, 1, RequestId.LENGTH_MAX);
    }

    @Override
    public String type() {
      return "invoke_tool_v2";
    }

    @Override
    public String toString() {
      return "InvokeTool[requestId=" + requestId + ", epoch=" + epoch + ", kind=" + kind + "]";
    }
  }

  /**
   * What the run may do. {@code networkModeExplicit} is ours: true when the task itself named a
   * mode; a default-deny {@code none} lets the host backend run (architecture, settled question 9).
   */
  record ToolPolicy(
      Boolean networkModeDefaultDeny,
      NetworkMode networkMode,
      Integer timeoutMs,
      Integer outputMaxChars,
      List<Mount> mountsAllowlist,
      Boolean networkModeExplicit) {
    public ToolPolicy {
      Check.required("toolPolicy.networkModeDefaultDeny", networkModeDefaultDeny);
      Check.required("toolPolicy.networkMode", networkMode);
      Check.range("toolPolicy.timeoutMs", timeoutMs, Limits.TIMEOUT_MS_MIN, Limits.TIMEOUT_MS_MAX);
      Check.range(
          "toolPolicy.outputMaxChars",
          outputMaxChars,
          Limits.OUTPUT_CHARS_MIN,
          Limits.OUTPUT_CHARS_MAX);
      mountsAllowlist = List.copyOf(Check.required("toolPolicy.mountsAllowlist", mountsAllowlist));
    }
  }

  /** A path the run may see. */
  record Mount(String containerPath, MountMode mode) {
    public Mount {
      Check.text("containerPath", containerPath, 1, 4096);
      Check.required("mode", mode);
    }
  }

  /** Whether a mount may be written. */
  enum MountMode {
    @JsonProperty("ro")
    READ_ONLY,
    @JsonProperty("rw")
    READ_WRITE
  }

  /** The files the run starts from; version 0 is empty. */
  record Workspace(String workspaceId, Long version, String objectKey, String etag) {
    public Workspace {
      Check.uuid("workspace.workspaceId", workspaceId);
      Check.required("workspace.version", version);
      Check.required("workspace.objectKey", objectKey);
    }
  }

  /** Where the files come from and where the next version goes. */
  record WorkspaceAccess(String downloadUrl, Upload upload) {
    public WorkspaceAccess {
      Check.optionalUrl("workspaceAccess.downloadUrl", downloadUrl);
      Check.required("workspaceAccess.upload", upload);
    }

    @Override
    public String toString() {
      return "WorkspaceAccess[upload=" + upload + "]";
    }
  }

  /** PUT the next version here as {@code application/zstd}. The URL is a credential. */
  record Upload(String url, String objectKey, Long version) {
    public Upload {
      Check.url("upload.url", url);
      Check.text("upload.objectKey", objectKey, 1, 1024);
      Check.required("upload.version", version);
    }

    @Override
    public String toString() {
      return "Upload[objectKey=" + objectKey + ", version=" + version + "]";
    }
  }

  /** Ours: the hello was understood. Times in milliseconds. */
  record Welcome(
      String connectionId,
      Integer heartbeatMs,
      Integer pingMs,
      Integer maxInFlight,
      Integer frameBytesMax,
      List<ExecutorFrame.Held> drop,
      Integer telemetryMs)
      implements GatewayFrame {
    /** One that wants no telemetry. */
    public Welcome(
        String connectionId,
        Integer heartbeatMs,
        Integer pingMs,
        Integer maxInFlight,
        Integer frameBytesMax,
        List<ExecutorFrame.Held> drop) {
      this(connectionId, heartbeatMs, pingMs, maxInFlight, frameBytesMax, drop, null);
    }

    public Welcome {
      // What the agent held although it is decided already: it stops it or forgets it.
      drop = drop == null ? List.of() : List.copyOf(drop);
    }

    @Override
    public String type() {
      return "executor_welcome_v2";
    }
  }

  /** Ours: what the agent said cannot be used, and why. A close may follow. */
  record Refusal(String code, String message, String requestId) implements GatewayFrame {
    @Override
    public String type() {
      return "executor_error_v2";
    }
  }

  /**
   * Ours: the result is safe and the agent may forget it. {@code accepted} is false when it was not
   * wanted (decided already, or never assigned); it may be forgotten all the same. Results that
   * were decided within a few milliseconds share a frame: {@code more} names the others.
   */
  record ResultAck(String requestId, Integer epoch, Boolean accepted, List<Acknowledged> more)
      implements GatewayFrame {
    public ResultAck {
      more = more == null || more.isEmpty() ? null : List.copyOf(more);
    }

    /** One frame for all of these; at least one. */
    public static ResultAck of(List<Acknowledged> all) {
      var first = all.getFirst();
      return new ResultAck(
          first.requestId(), first.epoch(), first.accepted(), all.subList(1, all.size()));
    }

    /** Everything the frame acknowledges. */
    public List<Acknowledged> all() {
      var all = new ArrayList<Acknowledged>();
      all.add(new Acknowledged(requestId, epoch, accepted));
      if (more != null) all.addAll(more);
      return all;
    }

    @Override
    public String type() {
      return "result_ack";
    }
  }

  /** One acknowledged result. */
  record Acknowledged(String requestId, Integer epoch, Boolean accepted) {}

  /** Ours: stop this dispatch and everything it started; a result is not wanted. */
  record DispatchCancel(String requestId, Integer epoch, String reason) implements GatewayFrame {
    @Override
    public String type() {
      return "dispatch_cancel";
    }
  }

  /** Ours: connect elsewhere within this time; nothing new will be offered here. */
  record Drain(Long deadlineMs) implements GatewayFrame {
    @Override
    public String type() {
      return "drain";
    }
  }

  /** Prepare a session on the agent. */
  record SessionOpen(
      String requestId,
      String organizationId,
      String sessionId,
      String sessionKey,
      String routedAgentId,
      String userId,
      SessionConfig sessionConfig)
      implements GatewayFrame {
    @Override
    public String type() {
      return "session_open";
    }
  }

  /** How a session's turns are run (contract 1.3). */
  record SessionConfig(
      SessionEngine engine,
      SessionPrompt prompt,
      List<String> toolsAllow,
      SessionLimits limits,
      String memoryProvider) {}

  /** {@code auth} and {@code runtime} are opaque here: they may hold a key. */
  record SessionEngine(String id, String model, String authMode, RawJson runtime, RawJson auth) {}

  /** What the engine is told before the first turn. */
  record SessionPrompt(String system, String instructions) {}

  /** Times in milliseconds, sizes in characters. */
  record SessionLimits(
      Integer maxTurns,
      Integer maxToolCalls,
      Integer timeoutMs,
      Integer maxOutputChars,
      Integer maxRuntimeChars) {
    public SessionLimits {
      Check.range("limits.maxTurns", maxTurns, 1, 200);
      Check.range("limits.maxToolCalls", maxToolCalls, 0, 1_000);
      Check.range("limits.timeoutMs", timeoutMs, Limits.TIMEOUT_MS_MIN, Limits.TIMEOUT_MS_MAX);
      Check.range("limits.maxOutputChars", maxOutputChars, 256, 2_000_000);
      Check.range("limits.maxRuntimeChars", maxRuntimeChars, 10_000, 5_000_000);
    }
  }

  /** One user message. */
  record SessionTurn(
      String requestId,
      String organizationId,
      String sessionId,
      String sessionKey,
      String userId,
      Integer eventSeq,
      String message,
      List<RawJson> attachments)
      implements GatewayFrame {
    public SessionTurn {
      Check.text("message", message, 1, 1_000_000);
      attachments = attachments == null ? null : List.copyOf(attachments);
    }

    @Override
    public String type() {
      return "session_turn";
    }
  }

  /** Cancel a turn; it ends with turn_error TURN_CANCELED. */
  record SessionCancel(String requestId, String organizationId, String sessionId)
      implements GatewayFrame {
    @Override
    public String type() {
      return "session_cancel";
    }
  }

  /** Bring the agent's memory workspace up to date. */
  record MemorySync(
      String requestId,
      String organizationId,
      String sessionId,
      String sessionKey,
      String provider,
      String workspaceDir)
      implements GatewayFrame {
    @Override
    public String type() {
      return "memory_sync";
    }
  }

  /** Ask the agent's memory. */
  record MemoryQuery(
      String requestId,
      String organizationId,
      String sessionId,
      String sessionKey,
      String provider,
      String query,
      Integer limit)
      implements GatewayFrame {
    public MemoryQuery {
      Check.optionalRange("limit", limit, 1, 50);
    }

    @Override
    public String type() {
      return "memory_query";
    }
  }
}
