package ai.vespid.protocol.http;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.session.Attachment;
import ai.vespid.protocol.session.ClientFrame;
import ai.vespid.protocol.session.ResetMode;
import ai.vespid.protocol.session.SessionLimits;
import ai.vespid.protocol.session.SessionScope;
import ai.vespid.protocol.session.ViewerFrame;
import java.util.List;

/** What a session is created with (contract 4.5). */
public record SessionBody(
    String title,
    String actor,
    String channel,
    String peer,
    SessionScope scope,
    Context context,
    String executionMode,
    Engine engine,
    String toolsetId,
    Prompt prompt,
    Tools tools,
    SessionLimits limits,
    RawJson resetPolicy,
    Selector executorSelector) {
  public SessionBody {
    Check.optionalText("title", title, 0, 200);
    Check.optionalUuid("actor", actor);
    Check.optionalText("channel", channel, 1, 120);
    Check.optionalText("peer", peer, 1, 240);
    if (scope == null) scope = SessionScope.MAIN;
    if (executionMode != null && !executionMode.equals(ViewerFrame.EXECUTION_MODE)) {
      throw new InvalidMessage("executionMode", "must be " + ViewerFrame.EXECUTION_MODE);
    }
    Check.required("engine", engine);
    Check.optionalText("toolsetId", toolsetId, 1, 64);
    Check.required("prompt", prompt);
    if (tools == null) tools = new Tools(null);
    if (limits == null) limits = SessionLimits.DEFAULT;
  }

  /** Where the conversation came from; bindings look at it. */
  public record Context(String team, String account) {
    public Context {
      Check.optionalText("context.team", team, 1, 240);
      Check.optionalText("context.account", account, 1, 240);
    }
  }

  /** Who answers. */
  public record Engine(String id, String model, Auth auth) {
    public Engine {
      Check.text("engine.id", id, 1, 120);
      Check.optionalText("engine.model", model, 1, 200);
    }
  }

  /** The stored secret the engine is called with. */
  public record Auth(String secretId) {
    public Auth {
      Check.optionalUuid("engine.auth.secretId", secretId);
    }
  }

  /** What the engine is told before everything else. */
  public record Prompt(String system, String instructions) {
    public static final int CHARS_MAX = 200_000;

    public Prompt {
      Check.optionalText("prompt.system", system, 0, CHARS_MAX);
      Check.text("prompt.instructions", instructions, 1, CHARS_MAX);
    }

    @Override
    public String toString() {
      return "Prompt[]";
    }
  }

  /** The tools it may use; none by default. */
  public record Tools(List<String> allow) {
    public Tools {
      allow = Check.texts("tools.allow", allow, 200, 120);
    }
  }

  /** A message for a session. */
  public record Message(String message, List<Attachment> attachments, String idempotencyKey) {
    public Message {
      Check.text("message", message, 1, ClientFrame.MESSAGE_CHARS_MAX);
      attachments = Attachment.list(attachments);
      Check.optionalText(
          "idempotencyKey", idempotencyKey, 1, ClientFrame.IDEMPOTENCY_KEY_CHARS_MAX);
    }

    @Override
    public String toString() {
      return "Message[]";
    }
  }

  /** How a session is reset. */
  public record Reset(ResetMode mode) {
    public Reset {
      if (mode == null) mode = ResetMode.KEEP_HISTORY;
    }
  }
}
