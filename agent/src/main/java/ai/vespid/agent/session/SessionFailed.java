package ai.vespid.agent.session;

/** A session could not be had as it was wanted. The message is for people and holds no secret. */
public final class SessionFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean timeout;

  public SessionFailed(String message) {
    this(message, false);
  }

  private SessionFailed(String message, boolean timeout) {
    super(message, null, false, false);
    this.timeout = timeout;
  }

  /** Its time was up. */
  public static SessionFailed timedOut(String what) {
    return new SessionFailed(what + " took too long", true);
  }

  public boolean timeout() {
    return timeout;
  }
}
