package ai.vespid.gateway.sessions;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.sql.AgentSession;
import ai.vespid.sql.DatabaseFailures;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.SecretRepository.Stored;
import io.vertx.core.Future;
import java.util.Optional;

/** Finds the key that a session's engine is asked with. */
@FunctionalInterface
interface Keys {
  /** Sessions bring none. */
  Keys NONE = _ -> Future.succeededFuture();

  /**
   * The session's own, as it travels; null when it names none. One that cannot be used fails the
   * turn: there is never another one instead (defect D16).
   */
  Future<String> of(AgentSession session);

  /** Those that organizations stored. */
  static Keys stored(SecretRepository secrets, Optional<Envelope> envelope) {
    return session -> {
      if (session.secretId() == null) return Future.succeededFuture();
      return secrets
          .sealed(session.organizationId(), session.secretId())
          .recover(cause ->
              DatabaseFailures.unavailable(cause)
                  ? TurnFailure.future(ErrorCode.DATABASE_UNAVAILABLE, "the database is away")
                  : Future.failedFuture(cause))
          .compose(
              found -> found.map(stored -> open(session, stored, envelope)).orElseGet(Keys::none));
    };
  }

  private static Future<String> open(
      AgentSession session, Stored stored, Optional<Envelope> envelope) {
    // A key that was stored for one provider is told to no other.
    if (!belongs(stored.connectorId(), session.engineId())) return none();
    if (envelope.isEmpty()) return unusable();
    var sealed = stored.sealed();
    try {
      var key =
          envelope
              .get()
              .open(
                  new Envelope.Sealed(
                      sealed.kekId(),
                      sealed.wrappedDek().getBytes(),
                      sealed.ciphertext().getBytes()));
      return Future.succeededFuture(new SecretsUnderWay(envelope).seal(key));
    } catch (IllegalStateException e) {
      return unusable();
    }
  }

  private static boolean belongs(String connectorId, String engineId) {
    return connectorId.equals(engineId) || connectorId.equals(engineId + ".oauth");
  }

  private static Future<String> none() {
    return TurnFailure.future(
        ErrorCode.SECRET_NOT_FOUND, "the engine's secret is gone, or is one of something else");
  }

  private static Future<String> unusable() {
    return TurnFailure.future(
        ErrorCode.LLM_AUTH_NOT_CONFIGURED, "the engine's secret cannot be opened");
  }
}
