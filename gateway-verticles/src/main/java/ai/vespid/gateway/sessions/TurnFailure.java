package ai.vespid.gateway.sessions;

import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.ErrorCode;
import io.vertx.core.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Why a turn has no answer. Carries no stack trace. */
final class TurnFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(TurnFailure.class);

  private final ErrorCode code;

  TurnFailure(ErrorCode code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  static <T> Future<T> future(ErrorCode code, String message) {
    return Future.failedFuture(new TurnFailure(code, message));
  }

  /** Nobody wants to hear of it any more. */
  static <T> Future<T> over() {
    return future(ErrorCode.TURN_CANCELED, "it is over");
  }

  /** What a turn that failed so ends with. */
  static Outcome outcome(Throwable cause) {
    return switch (cause) {
      case TurnFailure known -> new Outcome.Failed(known.code, known.getMessage());
      case Fault fault -> new Outcome.Failed(ErrorCode.SERVICE_UNAVAILABLE, fault.getMessage());
      default -> {
        LOG.atError().setCause(cause).log("a turn failed unexpectedly");
        yield new Outcome.Failed(ErrorCode.INTERNAL_ERROR, "an unexpected error");
      }
    };
  }
}
