package ai.vespid.gateway.control;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;

/** A request that ends with a code from the contract. Carries no stack trace and no secret. */
final class Problem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final long retryAfterSeconds;
  private final transient RawJson details;

  Problem(ErrorCode code, String message) {
    this(code, message, 0, null);
  }

  /** With what a program may want to know. */
  Problem(ErrorCode code, String message, RawJson details) {
    this(code, message, 0, details);
  }

  private Problem(ErrorCode code, String message, long retryAfterSeconds, RawJson details) {
    super(message, null, false, false);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
    this.details = details;
  }

  static Problem rateLimited(long retryAfterSeconds) {
    return new Problem(ErrorCode.RATE_LIMITED, "too many attempts", retryAfterSeconds, null);
  }

  ErrorCode code() {
    return code;
  }

  /** More about it, or null. */
  RawJson details() {
    return details;
  }

  /** How long to wait, or 0 when waiting does not help. */
  long retryAfterSeconds() {
    return retryAfterSeconds;
  }
}
