package ai.vespid.protocol.connector;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;

/** One action of a connector: how its input becomes a request, and the answer its output. */
public interface Action {
  /** The service. */
  String connectorId();

  /** What is done with it. */
  String actionId();

  /** Where the service usually is; null when the input says it. */
  String usualBaseUrl();

  /**
   * The request to send.
   *
   * @throws ActionFailed when the input does not fit, or a secret is missing
   */
  HttpCall call(Order order) throws ActionFailed;

  /**
   * What the answer means.
   *
   * @throws ActionFailed when the service refused, or said something else than it should
   */
  RawJson output(HttpCall.Answer answer) throws ActionFailed;

  /** That no answer came: {@code timeout}, {@code unreachable} and the like. */
  ActionFailed unanswered(String detail);

  /**
   * What is to be done.
   *
   * @param secret the credential for the service; may be null
   * @param baseUrl where the service is
   * @param idempotencyKey the same whenever the same step is carried out again
   */
  record Order(RawJson input, String secret, String baseUrl, String idempotencyKey) {
    @Override
    public String toString() {
      return "Order[" + idempotencyKey + "]";
    }

    /** The secret, for actions that cannot do without. */
    String requiredSecret() throws ActionFailed {
      if (secret == null || secret.isBlank()) {
        throw new ActionFailed(ErrorCode.SECRET_REQUIRED.name());
      }
      return secret;
    }

    /** The address without slashes at its end. */
    String base() {
      var base = baseUrl;
      while (base.endsWith("/")) base = base.substring(0, base.length() - 1);
      return base;
    }
  }
}
