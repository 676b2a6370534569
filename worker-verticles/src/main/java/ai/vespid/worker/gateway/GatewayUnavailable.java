package ai.vespid.worker.gateway;

/** The gateway could not be asked; the message is a code. Carries no stack trace. */
public final class GatewayUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  GatewayUnavailable(String code) {
    super(code, null, false, false);
  }
}
