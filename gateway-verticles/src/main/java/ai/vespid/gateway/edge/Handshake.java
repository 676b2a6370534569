package ai.vespid.gateway.edge;

import ai.vespid.kit.http.Answers;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.sql.ExecutorIdentity;
import ai.vespid.sql.ExecutorRepository;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From an HTTP request to a socket whose owner is known. Every refusal is an HTTP status with a
 * code, before the upgrade, so that an agent can say why it is not let in (defect E19).
 */
final class Handshake {
  private static final Logger LOG = LoggerFactory.getLogger(Handshake.class);

  private final ExecutorRepository executors;
  private final BooleanSupplier hasRoom;
  private final AcceptRate rate;
  private final Conduct conduct;
  private final AgentCertificates certificates;
  private final BiConsumer<ExecutorIdentity, ServerWebSocket> admitted;

  Handshake(
      ExecutorRepository executors,
      BooleanSupplier hasRoom,
      AcceptRate rate,
      Conduct conduct,
      AgentCertificates certificates,
      BiConsumer<ExecutorIdentity, ServerWebSocket> admitted) {
    this.executors = executors;
    this.hasRoom = hasRoom;
    this.rate = rate;
    this.conduct = conduct;
    this.certificates = certificates;
    this.admitted = admitted;
  }

  void handle(HttpServerRequest request) {
    var path = request.path();
    if (!path.equals("/ws") && !path.equals("/ws/executor")) {
      Answers.error(request.response(), ErrorCode.NOT_FOUND, "no such path");
      return;
    }
    if (!request.headers().contains(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET, true)) {
      request.response().putHeader(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET);
      Answers.error(request.response(), ErrorCode.UPGRADE_REQUIRED, "this is a WebSocket address");
      return;
    }
    var token = bearer(request.getHeader(HttpHeaders.AUTHORIZATION));
    if (token == null) {
      Answers.error(request.response(), ErrorCode.UNAUTHORIZED, "a bearer token is required");
      return;
    }
    if (!hasRoom.getAsBoolean()) {
      Answers.error(request.response(), ErrorCode.GATEWAY_OVERLOADED, "no room for connections");
      return;
    }
    long seconds = rate.waitSeconds();
    if (seconds > 0) {
      Answers.errorUntil(
          request.response(),
          ErrorCode.GATEWAY_OVERLOADED,
          "too many agents connect at once; come back in " + seconds + " s",
          seconds);
      return;
    }
    request.pause();
    executors
        .findByToken(token)
        .onSuccess(found ->
            found.ifPresentOrElse(
                identity -> admit(identity, request),
                () ->
                    Answers.error(
                        request.response(),
                        ErrorCode.EXECUTOR_TOKEN_INVALID,
                        "the token is unknown; pair the agent again")))
        .onFailure(cause -> {
          LOG.atWarn()
              .addKeyValue("cause", cause.getClass().getSimpleName())
              .log("an agent could not be authenticated");
          Answers.error(request.response(), ErrorCode.DATABASE_UNAVAILABLE, "try again shortly");
        });
  }

  private void admit(ExecutorIdentity identity, HttpServerRequest request) {
    if (identity.revoked() || !identity.enabled()) {
      Answers.error(
          request.response(), ErrorCode.EXECUTOR_REVOKED, "the executor was revoked or disabled");
      return;
    }
    long seconds = conduct.waitSeconds(identity.executorId());
    if (seconds > 0) {
      Answers.errorUntil(
          request.response(),
          ErrorCode.RATE_LIMITED,
          "it was thrown out for unusable frames; come back in " + seconds + " s",
          seconds);
      return;
    }
    var refusal = certificates.refusal(certificates.shown(request), identity.executorId());
    if (refusal.isPresent()) {
      LOG.atWarn()
          .addKeyValue("executor", identity.executorId())
          .addKeyValue("code", refusal.get().code())
          .addKeyValue("address", request.remoteAddress().hostAddress())
          .log("an agent was refused for its certificate");
      Answers.error(request.response(), refusal.get().code(), refusal.get().message());
      return;
    }
    var upgraded = request.toWebSocket();
    // Vert.x's own fails the upgrade when the agent has left meanwhile; the end of the request that
    // is read then completes it once more, which throws.
    request.exceptionHandler(cause -> failed(identity, cause));
    upgraded
        .onSuccess(socket -> admitted.accept(identity, socket))
        .onFailure(cause -> failed(identity, cause));
  }

  private static void failed(ExecutorIdentity identity, Throwable cause) {
    LOG.atDebug()
        .addKeyValue("executor", identity.executorId())
        .addKeyValue("cause", cause.getClass().getSimpleName())
        .log("the upgrade failed");
  }

  private static String bearer(String header) {
    if (header == null) return null;
    var parts = header.trim().split(" +");
    return parts.length == 2 && parts[0].equalsIgnoreCase("bearer") ? parts[1] : null;
  }
}
