package ai.vespid.worker.outbound;

/** A call that got no whole answer. Has no cause: that could repeat an address or a secret. */
public final class CallFailed extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** The host, or an address of it, is none that may be called. */
    NOT_ALLOWED,
    TIMEOUT,
    UNREACHABLE,
    TOO_LARGE,
    TOO_MANY_REDIRECTS
  }

  private final Reason reason;

  CallFailed(Reason reason) {
    super(reason.name(), null, false, false);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
