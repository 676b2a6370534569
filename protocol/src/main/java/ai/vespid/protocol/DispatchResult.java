package ai.vespid.protocol;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * The one terminal result of a dispatch, in the form workers read (contract 3 and 3.1): {@code
 * error} is absent or at least one character long.
 */
@JsonPropertyOrder({"status", "output", "error", "workspace"})
public record DispatchResult(ResultStatus status, RawJson output, String error, RawJson workspace) {
  /** A longer error text is cut; the details belong into the output. */
  public static final int ERROR_CHARS_MAX = 2_000;

  public DispatchResult {
    Check.required("status", status);
    if (error != null && error.isEmpty()) throw new InvalidMessage("error", "must not be empty");
    if (error != null && error.length() > ERROR_CHARS_MAX) {
      error = error.substring(0, ERROR_CHARS_MAX);
    }
  }

  public static DispatchResult succeeded(RawJson output) {
    return new DispatchResult(ResultStatus.SUCCEEDED, output, null, null);
  }

  public static DispatchResult failed(ErrorCode code) {
    return new DispatchResult(ResultStatus.FAILED, null, code.name(), null);
  }

  public static DispatchResult failed(String error, RawJson output) {
    return new DispatchResult(ResultStatus.FAILED, output, error, null);
  }

  /** About how many bytes it is on its way between nodes. */
  public int bulk() {
    return (output == null ? 0 : output.size()) + (workspace == null ? 0 : workspace.size());
  }

  public DispatchResult withoutWorkspace() {
    return workspace == null ? this : new DispatchResult(status, output, error, null);
  }
}
