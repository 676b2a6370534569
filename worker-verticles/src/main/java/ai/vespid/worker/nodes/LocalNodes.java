package ai.vespid.worker.nodes;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.connector.Action;
import ai.vespid.protocol.connector.ActionFailed;
import ai.vespid.protocol.connector.Actions;
import ai.vespid.protocol.connector.HttpCall;
import ai.vespid.protocol.connector.HttpRequestSend;
import ai.vespid.protocol.workflow.NodeConfig.ConnectorAction;
import ai.vespid.protocol.workflow.NodeConfig.HttpRequest;
import ai.vespid.worker.outbound.CallFailed;
import ai.vespid.worker.outbound.Outbound;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code http.request}, and {@code connector.action} in cloud mode (contract 5.5). */
public final class LocalNodes implements NodeExecutor {
  private static final Logger LOG = LoggerFactory.getLogger(LocalNodes.class);

  private final Outbound outbound;
  private final Map<String, String> baseUrls;

  /**
   * @param baseUrls where the operator says a connector's service is, by connector
   */
  public LocalNodes(Outbound outbound, Map<String, String> baseUrls) {
    this.outbound = outbound;
    this.baseUrls = Map.copyOf(baseUrls);
  }

  @Override
  public Future<DispatchResult> execute(NodeCall call) {
    try {
      var result =
          switch (call.node().config()) {
            case HttpRequest request -> request(request, call);
            case ConnectorAction action -> act(action, call);
            // Agents run these; whoever wants them in the worker is told so (defect E6).
            default -> failed(ErrorCode.INVALID_NODE_CONFIG.name());
          };
      return result.recover(cause -> unexpected(call, cause));
    } catch (RuntimeException e) {
      return unexpected(call, e);
    }
  }

  private static Future<DispatchResult> unexpected(NodeCall call, Throwable cause) {
    LOG.atError()
        .addKeyValue("request", call.idempotencyKey())
        .addKeyValue("cause", cause.getClass().getSimpleName())
        .log("a node failed unexpectedly");
    return failed(ErrorCode.NODE_EXECUTION_FAILED.name());
  }

  private static Future<DispatchResult> failed(String error) {
    return Future.succeededFuture(DispatchResult.failed(error, null));
  }

  private Future<DispatchResult> request(HttpRequest request, NodeCall call) {
    HttpCall http;
    try {
      http = HttpRequestSend.call(request, null, call.idempotencyKey());
    } catch (InvalidMessage e) {
      return failed(ErrorCode.INVALID_NODE_CONFIG.name());
    }
    return outbound
        .send(http, Duration.ofMillis(call.timeoutMs()))
        .map(LocalNodes::resultOf)
        .recover(cause -> failed(error(cause, ErrorCode.HTTP_REQUEST_FAILED::with)));
  }

  // The answer of a refusal is kept: it is what people look for.
  private static DispatchResult resultOf(HttpCall.Answer answer) {
    var output = HttpRequestSend.outputOf(answer);
    return answer.status() < 400
        ? DispatchResult.succeeded(output)
        : DispatchResult.failed(ErrorCode.HTTP_REQUEST_FAILED.with(answer.status()), output);
  }

  private Future<DispatchResult> act(ConnectorAction config, NodeCall call) {
    var name = config.connectorId() + ':' + config.actionId();
    var known = Actions.find(config.connectorId(), config.actionId());
    if (known.isEmpty()) return failed(ErrorCode.ACTION_NOT_SUPPORTED.with(name));
    var action = known.get();
    var base = baseUrls.getOrDefault(action.connectorId(), action.usualBaseUrl());
    HttpCall http;
    try {
      http =
          action.call(new Action.Order(config.input(), call.secret(), base, call.idempotencyKey()));
    } catch (ActionFailed e) {
      return failed(e.error());
    }
    var timeout = Duration.ofMillis(call.timeoutMs());
    // An address that the input names is the author's; one of a service is the operator's.
    var sent = base == null ? outbound.send(http, timeout) : outbound.sendTrusted(http, timeout);
    return sent.map(answer -> output(action, answer))
        .recover(cause -> failed(error(cause, detail -> action.unanswered(detail).error())));
  }

  private static DispatchResult output(Action action, HttpCall.Answer answer) {
    try {
      RawJson output = action.output(answer);
      return DispatchResult.succeeded(output);
    } catch (ActionFailed e) {
      return DispatchResult.failed(e.error(), null);
    }
  }

  /** What a detail becomes an error with. */
  private interface Coded {
    String with(String detail);
  }

  private static String error(Throwable cause, Coded code) {
    if (!(cause instanceof CallFailed failed)) throw new IllegalStateException(cause);
    return switch (failed.reason()) {
      case NOT_ALLOWED -> ErrorCode.HTTP_TARGET_NOT_ALLOWED.name();
      case TOO_LARGE -> ErrorCode.HTTP_RESPONSE_TOO_LARGE.name();
      case TIMEOUT, UNREACHABLE, TOO_MANY_REDIRECTS ->
          code.with(failed.reason().name().toLowerCase(Locale.ROOT));
    };
  }
}
