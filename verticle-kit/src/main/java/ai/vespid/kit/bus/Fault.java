package ai.vespid.kit.bus;

import io.vertx.core.eventbus.ReplyException;

/** A request that failed for a reason the caller can act on. Carries no stack trace. */
public final class Fault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why it failed; the numbers are part of the wire protocol and never change. */
  public enum Code {
    BAD_REQUEST(400),
    NOT_FOUND(404),
    NOT_HOME(421),
    BUSY(429),
    INTERNAL(500),
    UNAVAILABLE(503),
    TIMEOUT(504);

    final int wire;

    Code(int wire) {
      this.wire = wire;
    }

    static Code ofWire(int wire) {
      for (var code : values()) if (code.wire == wire) return code;
      return INTERNAL;
    }
  }

  private final Code code;

  public Fault(Code code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  public Code code() {
    return code;
  }

  /** True when the same request may succeed a little later. */
  public boolean passing() {
    return code == Code.BUSY || code == Code.UNAVAILABLE || code == Code.TIMEOUT;
  }

  public static Fault of(Throwable cause) {
    return switch (cause) {
      case Fault fault -> fault;
      case ReplyException reply ->
          switch (reply.failureType()) {
            case TIMEOUT -> new Fault(Code.TIMEOUT, reply.getMessage());
            case NO_HANDLERS -> new Fault(Code.UNAVAILABLE, reply.getMessage());
            case RECIPIENT_FAILURE ->
                new Fault(Code.ofWire(reply.failureCode()), reply.getMessage());
            case ERROR -> new Fault(Code.INTERNAL, reply.getMessage());
          };
      default -> new Fault(Code.INTERNAL, cause.getClass().getSimpleName());
    };
  }
}
