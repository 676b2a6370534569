package ai.vespid.protocol.http;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Limits;
import com.fasterxml.jackson.databind.JsonNode;

/**
 * The body of {@code POST /v1/orgs/:orgId/agents/:id/commands}: either {@code type}, {@code action}
 * and {@code params} of seed 002, or {@code verb} and {@code args} of seed 003.
 *
 * @param id what the sender calls it, the same when it is sent again; one is made when there is
 *     none
 * @param waitMs how long the answer is waited for; after that it is asked for by its id
 */
public record CommandBody(
    String id,
    String type,
    String action,
    JsonNode params,
    String verb,
    JsonNode args,
    Integer timeoutMs,
    Integer waitMs) {
  public static final String ID = "[A-Za-z0-9][A-Za-z0-9_.-]{0,99}";
  public static final int TIMEOUT_MS_DEFAULT = 300_000;
  public static final int WAIT_MS_MAX = 25_000;

  public CommandBody {
    if (id != null && !id.matches(ID)) {
      throw new InvalidMessage("id", "must be 1 to 100 letters, digits, dots, dashes, underscores");
    }
    boolean typed = type != null && action != null && verb == null && args == null;
    boolean verbal = verb != null && type == null && action == null && params == null;
    if (!typed && !verbal) {
      throw new InvalidMessage("body", "must have type, action and params, or verb and args");
    }
    if (timeoutMs == null) timeoutMs = TIMEOUT_MS_DEFAULT;
    Check.range("timeoutMs", timeoutMs, Limits.TIMEOUT_MS_MIN, Limits.TIMEOUT_MS_MAX);
    if (waitMs == null) waitMs = WAIT_MS_MAX;
    Check.range("waitMs", waitMs, 0, WAIT_MS_MAX);
  }

  /** What the catalogue calls it. */
  public String name() {
    return verb != null ? verb : type + '.' + action;
  }

  /** Its arguments, or null. */
  public JsonNode arguments() {
    return verb != null ? args : params;
  }

  /** Without the arguments: there are secrets among them. */
  @Override
  public String toString() {
    return "CommandBody[" + name() + "]";
  }
}
