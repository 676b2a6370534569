package ai.vespid.gateway.sessions;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.engine.NodeEngine;
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
   * A key as it travels.
   *
   * @param baseUrl where its provider is; null for the usual place
   */
  record Key(String value, String baseUrl) {
    @Override
    public String toString() {
      return "Key[baseUrl=" + baseUrl + "]";
    }
  }

  /**
   * The session's own, or for an engine of hosts its organization's; null when there is none. One
   * that cannot be used fails the turn: there is never another one instead (defect D16).
   */
  Future<Key> of(AgentSession session);

  /** Those that organizations stored. */
  static Keys stored(SecretRepository secrets, Optional<Envelope> envelope) {
    return session -> {
      var engine = NodeEngine.of(session.engineId());
      if (engine.isEmpty()) {
        return of(secrets, envelope, session, session.secretId(), null);
      }
      // As for a run (contract 5.5 and 3.2).
      return reached(secrets.engineDefaults(session.organizationId(), engine.get().withLogin()))
          .compose(defaults -> {
            var own = session.secretId();
            var secretId = own == null ? defaults.secretId() : own;
            return of(secrets, envelope, session, secretId, defaults.baseUrl());
          });
    };
  }

  private static Future<Key> of(
      SecretRepository secrets,
      Optional<Envelope> envelope,
      AgentSession session,
      String secretId,
      String baseUrl) {
    if (secretId == null) return Future.succeededFuture();
    // Settings may name anything.
    if (!Check.isUuid(secretId)) return none();
    return reached(secrets.sealed(session.organizationId(), secretId))
        .compose(
            found -> found.map(stored -> open(session, stored, envelope)).orElseGet(Keys::none))
        .map(key -> new Key(key, baseUrl));
  }

  private static <T> Future<T> reached(Future<T> read) {
    return read.recover(cause ->
        DatabaseFailures.unavailable(cause)
            ? TurnFailure.future(ErrorCode.DATABASE_UNAVAILABLE, "the database is away")
            : Future.failedFuture(cause));
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
    return NodeEngine.of(engineId)
        .map(engine -> engine.takes(connectorId))
        .orElse(connectorId.equals(engineId) || connectorId.equals(engineId + ".oauth"));
  }

  private static <T> Future<T> none() {
    return TurnFailure.future(
        ErrorCode.SECRET_NOT_FOUND, "the engine's secret is gone, or is one of something else");
  }

  private static Future<String> unusable() {
    return TurnFailure.future(
        ErrorCode.LLM_AUTH_NOT_CONFIGURED, "the engine's secret cannot be opened");
  }
}
