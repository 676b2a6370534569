package ai.vespid.gateway.control;

import ai.vespid.protocol.ErrorCode;

/** A request that ends with a code from the contract. Carries no stack trace and no secret. */
final class Problem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final long retryAfterSeconds;

  Problem(ErrorCode code, String message) {
    this(code, message, 0);
  }

  private Problem(ErrorCode code, String message, long retryAfterSeconds) {
    super(message, null, false, false);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  static Problem rateLimited(long retryAfterSeconds) {
    return new Problem(ErrorCode.RATE_LIMITED, "too many attempts", retryAfterSeconds);
  }

  ErrorCode code() {
    return code;
  }

  /** How long to wait, or 0 when waiting does not help. */
  long retryAfterSeconds() {
    return retryAfterSeconds;
  }
}
