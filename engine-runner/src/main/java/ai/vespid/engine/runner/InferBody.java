package ai.vespid.engine.runner;

import ai.vespid.kit.engine.RunnerEngine;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Inference;
import java.util.List;

/**
 * What {@code POST /internal/v1/llm/infer} takes (contract 8).
 *
 * @param provider as in {@code llm.<provider>}
 */
record InferBody(
    String provider,
    String model,
    List<Spoken> messages,
    Integer timeoutMs,
    Integer maxOutputChars,
    Auth auth) {
  private static final int MESSAGES_MAX = 10_000;

  InferBody {
    Check.text("provider", provider, 1, 64);
    Check.text("model", model, 1, 200);
    messages = List.copyOf(Check.required("messages", messages));
    Check.range("messages", messages.size(), 1, MESSAGES_MAX);
    if (timeoutMs == null) timeoutMs = Limits.TIMEOUT_MS_DEFAULT;
    Check.range("timeoutMs", timeoutMs, Limits.TIMEOUT_MS_MIN, Limits.TIMEOUT_MS_MAX);
    Check.optionalRange("maxOutputChars", maxOutputChars, 128, Inference.OUTPUT_CHARS_MAX);
  }

  /** One message. */
  record Spoken(String role, String content) {
    Spoken {
      Check.required("role", role);
      Check.required("content", content);
    }

    private Inference.Said said() {
      return switch (role) {
        case "system" -> new Inference.System(content);
        case "user" -> new Inference.User(content);
        case "assistant" -> new Inference.Assistant(content, List.of());
        default -> throw new InvalidMessage("role", "must be system, user or assistant");
      };
    }

    @Override
    public String toString() {
      return "Spoken[" + role + "]";
    }
  }

  /** Whose account is used; absent means the operator's. */
  record Auth(String kind, String apiKey, String refreshToken, String projectId, String location) {
    private String secret() {
      return switch (kind == null ? "" : kind) {
        case "api_key" -> Check.text("auth.apiKey", apiKey, 1, 20_000);
        case "vertex_oauth" ->
            RawJson.from(new Auth(null, null, refreshToken, projectId, location)).text();
        default -> throw new InvalidMessage("auth.kind", "must be api_key or vertex_oauth");
      };
    }

    @Override
    public String toString() {
      return "Auth[" + kind + "]";
    }
  }

  Inference question() {
    return new Inference(
        RunnerEngine.PREFIX + provider,
        model,
        messages.stream().map(Spoken::said).toList(),
        List.of(),
        maxOutputChars == null ? Inference.OUTPUT_CHARS_MAX : maxOutputChars,
        timeoutMs,
        auth == null ? null : auth.secret());
  }

  @Override
  public String toString() {
    return "InferBody[" + provider + "]";
  }
}
