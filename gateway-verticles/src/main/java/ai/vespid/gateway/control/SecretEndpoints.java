package ai.vespid.gateway.control;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.sql.DatabaseFailures;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.SecretRepository.Sealed;
import ai.vespid.sql.SecretRepository.Secret;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Secrets of connectors (contract 4.7). A value comes in and is sealed; none ever goes out. */
final class SecretEndpoints {
  private static final List<String> CONNECTORS =
      List.of(
          "agent.claude",
          "agent.codex",
          "agent.opencode",
          "email",
          "github",
          "http",
          "jira",
          "salesforce",
          "slack");
  private static final Pattern PROVIDER = Pattern.compile("llm\\.[a-z0-9-]{1,60}(\\.oauth)?");

  /** A secret without its value. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record SecretView(
      String id,
      String organizationId,
      String connectorId,
      String name,
      String createdByUserId,
      String updatedByUserId,
      String createdAt,
      String updatedAt) {
    static SecretView of(Secret s) {
      return new SecretView(
          s.id(),
          s.organizationId(),
          s.connectorId(),
          s.name(),
          s.createdByUserId(),
          s.updatedByUserId(),
          Iso.of(s.createdAt()),
          Iso.of(s.updatedAt()));
    }
  }

  private final SecretRepository secrets;
  private final Optional<Envelope> envelope;

  SecretEndpoints(SecretRepository secrets, Optional<Envelope> envelope) {
    this.secrets = secrets;
    this.envelope = envelope;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of(
        "listSecrets", this::list,
        "createSecret", this::create,
        "rotateSecret", this::rotate,
        "deleteSecret", this::delete);
  }

  private Future<Answer> list(Call call) {
    return secrets
        .list(call.organizationId(), new Query(call).text("connectorId"))
        .map(rows -> Answer.ok(Map.of("secrets", rows.stream().map(SecretView::of).toList())));
  }

  private Future<Answer> create(Call call) {
    var connectorId = call.text("connectorId");
    if (!CONNECTORS.contains(connectorId) && !PROVIDER.matcher(connectorId).matches()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "connectorId: is no connector that is known",
          RawJson.from(Map.of("allowed", CONNECTORS, "allowedPattern", PROVIDER.pattern())));
    }
    return secrets
        .create(
            call.organizationId(),
            connectorId,
            call.text("name"),
            sealed(call.text("value")),
            call.caller().userId())
        .map(secret -> Answer.created(Map.of("secret", SecretView.of(secret))))
        .recover(cause ->
            Future.failedFuture(
                DatabaseFailures.duplicate(cause, SecretRepository.NAME_TAKEN)
                    ? new Problem(
                        ErrorCode.SECRET_ALREADY_EXISTS, "the connector has a secret of this name")
                    : cause));
  }

  private Sealed sealed(String value) {
    if (value.isBlank()) throw new Problem(ErrorCode.SECRET_VALUE_REQUIRED, "value: is required");
    var sealed =
        envelope
            .orElseThrow(() ->
                new Problem(
                    ErrorCode.SECRETS_NOT_CONFIGURED, "set SECRETS_KEK_BASE64 to store secrets"))
            .sealApart(value);
    return new Sealed(
        sealed.kekId(), Buffer.buffer(sealed.wrappedDek()), Buffer.buffer(sealed.ciphertext()));
  }

  private Future<Answer> rotate(Call call) {
    var sealed = sealed(call.text("value"));
    return of(
            call, id -> secrets.replace(call.organizationId(), id, sealed, call.caller().userId()))
        .map(secret ->
            Answer.ok(Map.of("secret", SecretView.of(secret.orElseThrow(SecretEndpoints::none)))));
  }

  private Future<Answer> delete(Call call) {
    return of(call, id -> secrets.delete(call.organizationId(), id))
        .map(found -> {
          if (!found) throw none();
          return Answer.DONE;
        });
  }

  private static <T> Future<T> of(Call call, Function<String, Future<T>> act) {
    return WorkflowEndpoints.of(call, none(), act, "secretId");
  }

  private static Problem none() {
    return new Problem(ErrorCode.SECRET_NOT_FOUND, "no such secret");
  }
}
