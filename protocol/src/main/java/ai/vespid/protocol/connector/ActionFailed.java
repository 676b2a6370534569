package ai.vespid.protocol.connector;

/**
 * An action that did not succeed, told by its code alone. It has no cause and no stack trace: those
 * could repeat a secret or an input.
 */
public final class ActionFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final String error;

  public ActionFailed(String error) {
    super(error, null, false, false);
    this.error = error;
  }

  /** The code, with its detail where it has one. */
  public String error() {
    return error;
  }
}
