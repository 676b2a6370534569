package ai.vespid.gateway.control;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.CorsHandler;
import io.vertx.ext.web.openapi.router.RequestExtractor;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.validation.RequestValidator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The HTTP interface as the document states it: every operation has one endpoint, and a request
 * reaches it only through the gate and the operation's schema.
 */
final class ControlApi {
  private static final long BODY_BYTES_MAX = 1024 * 1024;
  private static final Set<String> HEADERS =
      Set.of("Authorization", "Content-Type", "X-Org-Id", "X-Service-Token", "X-Gateway-Token");

  private final OpenAPIContract contract;
  private final Map<String, Endpoint> endpoints;
  private final Gate gate;
  private final RequestValidator validator;
  private final RequestExtractor extractor = RequestExtractor.withBodyHandler();

  private ControlApi(
      Vertx vertx, OpenAPIContract contract, Map<String, Endpoint> endpoints, Gate gate) {
    this.contract = contract;
    this.endpoints = endpoints;
    this.gate = gate;
    this.validator = RequestValidator.create(vertx, contract);
  }

  /** Fails when the document and the endpoints do not name the same operations. */
  static Future<Router> router(
      Vertx vertx,
      JsonObject document,
      Map<String, Endpoint> endpoints,
      Gate gate,
      String webBaseUrl) {
    return OpenAPIContract.from(vertx, withOwnSecurity(document))
        .map(contract -> new ControlApi(vertx, contract, endpoints, gate).build(vertx, webBaseUrl));
  }

  // The router builder insists on handlers of its own for alternatives such as "bearer or cookie".
  // The gate decides here, so it is told under another name.
  private static JsonObject withOwnSecurity(JsonObject document) {
    var copy = document.copy();
    var otherwise = copy.remove("security");
    for (var path : copy.getJsonObject("paths").getMap().values()) {
      for (var entry : (JsonObject) path) {
        if (entry.getValue() instanceof JsonObject operation) {
          var own = operation.remove("security");
          operation.put(Gate.SECURITY, own == null ? otherwise : own);
        }
      }
    }
    return copy;
  }

  private Router build(Vertx vertx, String webBaseUrl) {
    var builder = RouterBuilder.create(vertx, contract);
    builder.rootHandler(cors(webBaseUrl));
    builder.rootHandler(BodyHandler.create(false).setBodyLimit(BODY_BYTES_MAX));
    var unserved = new TreeSet<>(endpoints.keySet());
    for (var operation : contract.operations()) {
      var endpoint = endpoints.get(operation.getOperationId());
      if (endpoint == null) {
        throw new IllegalStateException("no endpoint for " + operation.getOperationId());
      }
      unserved.remove(operation.getOperationId());
      Gate.ofOrganization(operation);
      // Security and validation are done here, in the order that decides which error is told.
      builder
          .getRoute(operation.getOperationId())
          .setDoSecurity(false)
          .setDoValidation(false)
          .addHandler(context -> serve(context, operation, endpoint))
          .addFailureHandler(ControlApi::failed);
    }
    if (!unserved.isEmpty()) {
      throw new IllegalStateException("not in the document: " + unserved);
    }
    var router = builder.createRouter();
    for (var status : new int[] {400, 403, 404, 405, 413, 415, 500}) {
      router.errorHandler(status, ControlApi::failed);
    }
    return router;
  }

  private static CorsHandler cors(String webBaseUrl) {
    return CorsHandler.create()
        .addOrigin(webBaseUrl)
        .allowCredentials(true)
        .allowedHeaders(HEADERS)
        .exposedHeader("x-access-token")
        .allowedMethods(Set.of(HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.DELETE));
  }

  private void serve(RoutingContext context, Operation operation, Endpoint endpoint) {
    gate.admit(context, operation)
        .compose(call -> validated(call, operation))
        .compose(endpoint::serve)
        .onSuccess(answer -> answer.write(context.response()))
        .onFailure(cause -> Failures.answer(context, cause));
  }

  private Future<Call> validated(Call call, Operation operation) {
    if (operation.getRequestBody() == null) return Future.succeededFuture(call);
    return extractor
        .extractValidatableRequest(call.context(), operation)
        .compose(request -> validator.validate(request, operation.getOperationId()))
        .map(request -> call.with(request.getBody().getJsonObject()));
  }

  private static void failed(RoutingContext context) {
    boolean refused = context.statusCode() >= 400 && context.statusCode() < 500;
    if (refused || context.failure() == null)
      Failures.status(context.response(), context.statusCode());
    else Failures.answer(context, context.failure());
  }
}
