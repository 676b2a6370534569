package ai.vespid.agent.sandbox;

import ai.vespid.protocol.ErrorCode;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Locale;

/**
 * What a script left: its exit code and the kept part of its streams, in the shape the contract
 * gives a shell result.
 *
 * @param exitCode {@code null}, written as such, when the script was killed before it ended
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ShellOutput(
    String backend,
    Integer exitCode,
    boolean timedOut,
    String stdout,
    String stderr,
    boolean stdoutTruncated,
    boolean stderrTruncated) {
  /** The code of its failure; null when it ended well. */
  public String failure() {
    if (timedOut) return ErrorCode.NODE_EXECUTION_TIMEOUT.name();
    if (exitCode == null) return ErrorCode.NODE_EXECUTION_FAILED.name();
    return exitCode == 0 ? null : backend.toUpperCase(Locale.ROOT) + "_EXIT_CODE:" + exitCode;
  }

  /** Tells the outcome alone: the streams are the tenant's data. */
  @Override
  public String toString() {
    return "ShellOutput[backend=%s, exitCode=%s, timedOut=%s]"
        .formatted(backend, exitCode, timedOut);
  }
}
