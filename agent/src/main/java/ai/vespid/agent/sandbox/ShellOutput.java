package ai.vespid.agent.sandbox;

import com.fasterxml.jackson.annotation.JsonInclude;

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
  /** Tells the outcome alone: the streams are the tenant's data. */
  @Override
  public String toString() {
    return "ShellOutput[backend=%s, exitCode=%s, timedOut=%s]"
        .formatted(backend, exitCode, timedOut);
  }
}
