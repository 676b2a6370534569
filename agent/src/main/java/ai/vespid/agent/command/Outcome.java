package ai.vespid.agent.command;

import ai.vespid.protocol.command.CommandResult.Status;

/**
 * How carrying out a command ended.
 *
 * @param output any value that becomes JSON; null for nothing
 * @param code null of one that succeeded
 */
record Outcome(Status status, Object output, String code, String error) {
  static Outcome success(Object output) {
    return new Outcome(Status.SUCCESS, output, null, null);
  }

  static Outcome failed(String code, String error, Object output) {
    return new Outcome(Status.FAILED, output, code, error);
  }

  static Outcome denied(String code, String error) {
    return new Outcome(Status.DENIED, null, code, error);
  }

  static Outcome timeout(String error, Object output) {
    return new Outcome(Status.TIMEOUT, output, "EXEC_TIMEOUT", error);
  }
}
