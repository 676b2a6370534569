package ai.vespid.agent.engine;

import java.util.Optional;

/** An engine has no answer. The code, with what it says behind a colon, becomes the error. */
public final class EngineFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final String error;
  private final transient EngineAnswer soFar;

  public EngineFailed(String error) {
    this(error, null);
  }

  /**
   * @param soFar what it had said and done until then; may be null
   */
  public EngineFailed(String error, EngineAnswer soFar) {
    super(error, null, false, false);
    this.error = error;
    this.soFar = soFar;
  }

  public String error() {
    return error;
  }

  public Optional<EngineAnswer> soFar() {
    return Optional.ofNullable(soFar);
  }
}
