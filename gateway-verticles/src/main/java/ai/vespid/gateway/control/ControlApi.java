package ai.vespid.gateway.control;

import io.micrometer.core.instrument.MeterRegistry;
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
import io.vertx.openapi.contract.OpenAPIVersion;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.impl.OpenAPIContractImpl;
import io.vertx.openapi.validation.RequestValidator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * The HTTP interface as the document states it: every operation has one endpoint, and a request
 * reaches it only through the gate and the operation's schema.
 */
final class ControlApi {
  private static final long BODY_BYTES_MAX = 1024 * 1024;
  private static final int ANSWER_WITHIN_SEC = 30;
  private static final Set<String> HEADERS =
      Set.of("Authorization", "Content-Type", "X-Org-Id", "X-Service-Token", "X-Gateway-Token");

  private static final String BASE_URI = "app://";

  private final Vertx vertx;
  private final Gate gate;
  private final Map<String, Endpoint> endpoints;
  private final MeterRegistry meters;
  private final String webBaseUrl;
  private final RequestExtractor extractor = RequestExtractor.withBodyHandler();

  ControlApi(
      Vertx vertx,
      Gate gate,
      Map<String, Endpoint> endpoints,
      MeterRegistry meters,
      String webBaseUrl) {
    this.vertx = vertx;
    this.gate = gate;
    this.endpoints = endpoints;
    this.meters = meters;
    this.webBaseUrl = webBaseUrl;
  }

  /** Fails when the document and the endpoints do not name the same operations. */
  Future<Router> router(JsonObject document) {
    return contract(withOwnSecurity(document)).map(this::build);
  }

  // OpenAPIContract.from also holds the document against the specification's schema, which takes a
  // tenth of a gateway's start; a test does it for the document that is in the program.
  private Future<OpenAPIContract> contract(JsonObject document) {
    var version = OpenAPIVersion.fromContract(document);
    return version
        .getRepository(vertx, BASE_URI)
        .compose(schemas ->
            version
                .resolve(vertx, schemas, document)
                .map(resolved -> new OpenAPIContractImpl(resolved, version, schemas)));
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

  private Router build(OpenAPIContract contract) {
    var validator = RequestValidator.create(vertx, contract);
    var builder = RouterBuilder.create(vertx, contract);
    builder.rootHandler(cors());
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
          .addHandler(context -> serve(context, operation, endpoint, validator))
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

  private CorsHandler cors() {
    return CorsHandler.create()
        .addOrigin(webBaseUrl)
        .allowCredentials(true)
        .allowedHeaders(HEADERS)
        .exposedHeader("x-access-token")
        .allowedMethods(
            Set.of(
                HttpMethod.GET,
                HttpMethod.POST,
                HttpMethod.PUT,
                HttpMethod.PATCH,
                HttpMethod.DELETE));
  }

  private void serve(
      RoutingContext context, Operation operation, Endpoint endpoint, RequestValidator validator) {
    gate.admit(context, operation)
        .compose(call -> validated(call, operation, validator))
        .compose(endpoint::serve)
        .timeout(ANSWER_WITHIN_SEC, TimeUnit.SECONDS)
        .onSuccess(answer -> answer.write(context.response()))
        .onFailure(cause -> Failures.answer(context, cause))
        .onComplete(_ -> count(context, operation));
  }

  private void count(RoutingContext context, Operation operation) {
    var status = Integer.toString(context.response().getStatusCode());
    meters
        .counter(
            "vespid.control.requests", "operation", operation.getOperationId(), "status", status)
        .increment();
  }

  private Future<Call> validated(Call call, Operation operation, RequestValidator validator) {
    if (operation.getRequestBody() == null) return Future.succeededFuture(call);
    if (!operation.getRequestBody().isRequired() && call.context().body().isEmpty()) {
      return Future.succeededFuture(call.with(new JsonObject()));
    }
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
