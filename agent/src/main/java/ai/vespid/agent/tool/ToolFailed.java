package ai.vespid.agent.tool;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;

/** A tool has no result. The code becomes the error of the dispatch. */
public final class ToolFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final String error;
  private final transient RawJson output;

  public ToolFailed(ErrorCode code) {
    this(code.name(), null);
  }

  /**
   * @param error a code, which may have a detail behind a colon
   * @param output what it left all the same; may be null
   */
  public ToolFailed(String error, RawJson output) {
    super(error, null, false, false);
    this.error = error;
    this.output = output;
  }

  public String error() {
    return error;
  }

  public RawJson output() {
    return output;
  }
}
