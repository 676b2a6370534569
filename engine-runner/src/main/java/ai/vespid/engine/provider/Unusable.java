package ai.vespid.engine.provider;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.engine.Chunk.Failed;

/** Why a provider cannot be asked, or was asked in vain. Carries no stack trace and no secret. */
final class Unusable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Failed failed;

  Unusable(Failed failed) {
    super(failed.message(), null, false, false);
    this.failed = failed;
  }

  Unusable(ErrorCode code, String message) {
    this(new Failed(code, message));
  }

  Failed failed() {
    return failed;
  }
}
