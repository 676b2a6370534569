package ai.vespid.protocol.command;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * How a command ended; every command has exactly one (V-4).
 *
 * @param nodeId the agent that carried it out
 * @param output what it was asked for; also of one that failed, when there is something
 * @param code why not, for programs; null of one that succeeded
 * @param error why not, for people; null of one that succeeded
 * @param durationMs at least 1
 * @param finished when, ISO-8601
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@JsonPropertyOrder({
  "id",
  "nodeId",
  "command",
  "status",
  "output",
  "code",
  "error",
  "durationMs",
  "finished"
})
public record CommandResult(
    String id,
    String nodeId,
    String command,
    Status status,
    RawJson output,
    String code,
    String error,
    long durationMs,
    String finished) {
  public CommandResult {
    Check.required("status", status);
    durationMs = Math.max(1, durationMs);
  }

  /** How it can end. */
  public enum Status {
    @JsonProperty("success")
    SUCCESS,
    @JsonProperty("failed")
    FAILED,
    /** Nothing was done: it is not allowed here, or its arguments are wrong. */
    @JsonProperty("denied")
    DENIED,
    /** Its time was up, and what it had begun was ended. */
    @JsonProperty("timeout")
    TIMEOUT
  }

  @Override
  public String toString() {
    return "CommandResult[%s, %s, %s]".formatted(id, command, status);
  }
}
