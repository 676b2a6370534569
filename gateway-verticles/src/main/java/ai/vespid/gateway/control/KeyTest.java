package ai.vespid.gateway.control;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.kit.engine.Engine;
import ai.vespid.kit.engine.RunnerEngine;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Inference;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.SecretRepository.Stored;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Tries a key of a provider (contract 4.9): its model is asked for a word, through the same engine
 * that sessions ask, and is given up as soon as it begins to answer. What is refused for another
 * reason than the key, such as an unknown model, shows that the key is good. The key is stored
 * nowhere.
 */
final class KeyTest {
  private static final int TIMEOUT_MS = 15_000;
  private static final int OUTPUT_CHARS_MAX = 16;
  private static final Set<Integer> KEY_REFUSED = Set.of(401, 403);
  // Google's word for it: its status is that of any bad request.
  private static final String KEY_REFUSED_BY_GOOGLE = "API_KEY_INVALID";

  /** What the endpoint answers about a key that is good. */
  record Body(boolean valid, String provider, String apiKind, String checkedAt) {}

  private final Engine models;
  private final SecretRepository secrets;
  private final Optional<Envelope> envelope;
  private final InstantSource clock;

  KeyTest(
      Engine models, SecretRepository secrets, Optional<Envelope> envelope, InstantSource clock) {
    this.models = models;
    this.secrets = secrets;
    this.envelope = envelope;
    this.clock = clock;
  }

  Future<Answer> answer(Call call) {
    var provider = call.path("provider");
    var known = LlmProvider.of(provider);
    var model = call.text("model");
    if (model == null) model = known.map(LlmProvider::usualModel).orElse(null);
    var asked = model;
    return key(call, RunnerEngine.PREFIX + provider)
        .compose(key -> ask(question(RunnerEngine.PREFIX + provider, asked, key)))
        .map(_ ->
            Answer.ok(
                new Body(
                    true,
                    provider,
                    known.map(LlmProvider::apiKind).orElse(null),
                    Iso.of(clock.instant()))));
  }

  // As it travels.
  private Future<String> key(Call call, String engineId) {
    var sealing = new SecretsUnderWay(envelope);
    var given = call.text("apiKey");
    var secretId = call.text("secretId");
    if ((given == null) == (secretId == null)) {
      throw new Problem(ErrorCode.BAD_REQUEST, "send apiKey or secretId");
    }
    if (given != null) return Future.succeededFuture(sealing.seal(given));
    if (!Check.isUuid(secretId)) throw none();
    return secrets
        .sealed(call.organizationId(), secretId)
        .map(found ->
            sealing.seal(
                opened(
                    found
                        .filter(stored -> belongs(stored.connectorId(), engineId))
                        .orElseThrow(KeyTest::none))));
  }

  // What was stored for one provider is told to no other.
  private static boolean belongs(String connectorId, String engineId) {
    return connectorId.equals(engineId) || connectorId.equals(engineId + ".oauth");
  }

  private String opened(Stored stored) {
    var sealed = stored.sealed();
    try {
      return envelope
          .orElseThrow(IllegalStateException::new)
          .open(
              new Envelope.Sealed(
                  sealed.kekId(), sealed.wrappedDek().getBytes(), sealed.ciphertext().getBytes()));
    } catch (IllegalStateException e) {
      throw new Problem(ErrorCode.SECRETS_NOT_CONFIGURED, "the secret cannot be opened");
    }
  }

  private static Problem none() {
    return new Problem(ErrorCode.SECRET_NOT_FOUND, "no such secret of this provider");
  }

  private static Inference question(String engineId, String model, String key) {
    return new Inference(
        engineId,
        model,
        List.of(new Inference.User("Say ok.")),
        List.of(),
        OUTPUT_CHARS_MAX,
        TIMEOUT_MS,
        key);
  }

  private Future<Void> ask(Inference question) {
    Promise<Void> good = Promise.promise();
    var call =
        models.infer(
            question,
            chunk -> {
              if (chunk instanceof Chunk.Failed failed) judge(failed, good);
              else good.tryComplete();
            });
    return good.future().onComplete(_ -> call.cancel());
  }

  private static void judge(Chunk.Failed failed, Promise<Void> good) {
    boolean refused =
        failed.status() != null
            && (KEY_REFUSED.contains(failed.status())
                || failed.message().contains(KEY_REFUSED_BY_GOOGLE));
    if (refused || failed.code() == ErrorCode.VERTEX_TOKEN_FAILED) {
      good.tryFail(new Problem(ErrorCode.LLM_KEY_INVALID, "the provider does not take the key"));
    } else if (failed.code() == ErrorCode.LLM_AUTH_NOT_CONFIGURED) {
      good.tryFail(new Problem(ErrorCode.LLM_KEY_INVALID, failed.message()));
    } else if (failed.code() == ErrorCode.EXECUTOR_UNSUPPORTED_ENGINE) {
      good.tryFail(new Problem(ErrorCode.NOT_FOUND, "no such provider"));
    } else if (failed.code() == ErrorCode.BAD_REQUEST) {
      good.tryFail(new Problem(ErrorCode.BAD_REQUEST, failed.message()));
    } else if (failed.status() != null && failed.status() < 500) {
      good.tryComplete();
    } else {
      good.tryFail(new Problem(ErrorCode.LLM_KEY_TEST_UNAVAILABLE, failed.message()));
    }
  }
}
