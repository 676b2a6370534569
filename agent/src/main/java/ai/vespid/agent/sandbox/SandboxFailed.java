package ai.vespid.agent.sandbox;

/** A script could not be run at all. The code becomes the error of its result. */
public final class SandboxFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final String error;

  public SandboxFailed(String error) {
    super(error, null, false, false);
    this.error = error;
  }

  public String error() {
    return error;
  }
}
