package ai.vespid.gateway.ingress;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.kit.crypto.Tokens;
import ai.vespid.kit.http.Answers;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Homes;
import ai.vespid.kit.node.Member;
import ai.vespid.kit.node.MemoryCalls;
import ai.vespid.kit.node.MetricsText;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.Settings;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.http.CancelBody;
import ai.vespid.protocol.http.DispatchAccepted;
import ai.vespid.protocol.http.DispatchBody;
import ai.vespid.protocol.http.ExplainAnswer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves workers over HTTP (contract 3). Its handlers hold no state but the count of requests. */
public final class IngressVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(IngressVerticle.class);
  private static final Duration ASK_MAX = Duration.ofSeconds(5);
  private static final Duration ACCEPT_MAX = Duration.ofSeconds(10);

  private final Node node;
  private final SecretsUnderWay secrets;
  private final AtomicInteger underWay = new AtomicInteger();
  private IngressSettings settings;
  private Bus bus;
  private HomeCalls homes;
  private MemoryRoute memory;

  public IngressVerticle(Node node) {
    this.secrets = new SecretsUnderWay(node.optional(Envelope.class));
    this.node = node;
  }

  @Override
  public Future<?> start() {
    settings = Settings.bind("ingress", config(), IngressSettings.class);
    bus = new Bus(vertx, node.id());
    homes = HomeCalls.of(vertx, node);
    memory = new MemoryRoute(new MemoryCalls(Surroundings.of(vertx, node)));
    node.meters().gauge("vespid.ingress.requests", underWay);
    var router = router();
    var port = settings.internalPort();
    var setting = port.equals(settings.port()) ? "GATEWAY_PORT" : "GATEWAY_INTERNAL_PORT";
    node.ports().mount(vertx, settings.host(), port, setting, "/internal/v1/", router::handle);
    node.ports()
        .mount(
            vertx,
            settings.host(),
            settings.port(),
            "GATEWAY_PORT",
            "/healthz",
            request ->
                Answers.json(request.response(), 200, Map.of("ok", true, "edgeId", node.name())));
    node.ports()
        .mount(vertx, settings.host(), settings.port(), "GATEWAY_PORT", "/readyz", this::readiness);
    return Future.succeededFuture();
  }

  // Alive is not ready: a load balancer asks for this one, and so does who restarts one after the
  // other.
  private void readiness(HttpServerRequest request) {
    var membership = node.membership();
    // Once: status and body say the same.
    boolean ready = membership.ready();
    var members = membership.view().members().stream().map(Member::name).sorted().toList();
    var answer =
        Map.of(
            "ready",
            ready,
            "draining",
            membership.draining() || membership.ending(),
            "edgeId",
            node.name(),
            "members",
            members);
    Answers.json(request.response(), ready ? 200 : 503, answer);
  }

  private Router router() {
    var router = Router.router(vertx);
    router.route().handler(this::admit);
    var body = BodyHandler.create(false).setBodyLimit(settings.bodyBytesMax());
    var callers = new Callers(node);
    router.postWithRegex("/internal/v1/dispatch(-async)?").handler(body).handler(callers);
    router.post("/internal/v1/dispatch").handler(guarded(this::dispatch));
    router.post("/internal/v1/dispatch-async").handler(guarded(this::dispatchAsync));
    router.get("/internal/v1/results/:requestId").handler(guarded(this::result));
    router.get("/internal/v1/dispatches/:requestId/explain").handler(guarded(this::explain));
    router
        .post("/internal/v1/dispatches/:requestId/cancel")
        .handler(body)
        .handler(guarded(this::cancel));
    router.post("/internal/v1/memory/use").handler(body).handler(guarded(memory::use));
    router.get("/internal/v1/metrics").handler(this::metrics);
    var nodes = new NodeRoutes(node, bus);
    router.get("/internal/v1/nodes").handler(nodes::list);
    router.post("/internal/v1/nodes/:name/drain").handler(nodes::drain);
    router.get("/internal/v1/executors/routes").handler(guarded(this::routes));
    router.errorHandler(400, ctx -> error(ctx, ErrorCode.BAD_REQUEST, "malformed request"));
    router.errorHandler(404, ctx -> error(ctx, ErrorCode.NOT_FOUND, "no such path"));
    router.errorHandler(405, ctx -> error(ctx, ErrorCode.METHOD_NOT_ALLOWED, "wrong method"));
    router.errorHandler(
        413,
        ctx ->
            Answers.errorAndClose(
                ctx.request(),
                ErrorCode.PAYLOAD_TOO_LARGE,
                "a body may have " + settings.bodyBytesMax() + " bytes"));
    router.errorHandler(500, this::unexpected);
    return router;
  }

  private void admit(RoutingContext ctx) {
    if (!Tokens.same(settings.serviceToken(), ctx.request().getHeader("x-gateway-token"))) {
      error(ctx, ErrorCode.UNAUTHORIZED, "x-gateway-token is missing or wrong");
      return;
    }
    if (underWay.incrementAndGet() > settings.requestsMax()) {
      underWay.decrementAndGet();
      error(ctx, ErrorCode.GATEWAY_OVERLOADED, "too many requests under way");
      return;
    }
    ctx.addEndHandler(_ -> underWay.decrementAndGet());
    ctx.next();
  }

  private static Handler<RoutingContext> guarded(Consumer<RoutingContext> handler) {
    return ctx -> {
      try {
        handler.accept(ctx);
      } catch (InvalidMessage e) {
        error(ctx, ErrorCode.BAD_REQUEST, e.getMessage());
      }
    };
  }

  private void dispatch(RoutingContext ctx) {
    var dispatch = read(ctx, false);
    homes
        .askWhile(
            listens(ctx),
            key(dispatch),
            left -> new DispatchRouter.Run(dispatch.within(left - settings.replyGraceMs())),
            new DispatchRouter.Await(
                key(dispatch), dispatch.requestId(), dispatch.organizationId()),
            Duration.ofMillis(dispatch.timeoutMs() + settings.replyGraceMs()))
        .onSuccess(reply -> {
          switch (reply) {
            case DispatchRouter.Finished finished ->
                Answers.json(ctx.response(), 200, finished.result());
            case DispatchRouter.Refused refused -> error(ctx, refused.code(), refused.message());
            case DispatchRouter.Accepted _ ->
                throw new IllegalStateException("a synchronous dispatch is never accepted");
          }
        })
        .onFailure(cause -> failed(ctx, cause, ErrorCode.GATEWAY_TIMEOUT));
  }

  // Who has gone repeats it elsewhere, or wants it no more: it is not asked for beside that.
  private static BooleanSupplier listens(RoutingContext ctx) {
    return () -> !ctx.response().closed();
  }

  private void dispatchAsync(RoutingContext ctx) {
    var dispatch = read(ctx, true);
    var requestId = dispatch.requestId();
    homes
        .askWhile(listens(ctx), key(dispatch), new DispatchRouter.Accept(dispatch), ACCEPT_MAX)
        .onSuccess(reply -> {
          switch (reply) {
            case DispatchRouter.Accepted _ ->
                Answers.json(ctx.response(), 201, new DispatchAccepted(requestId, true, null));
            case DispatchRouter.Finished _ ->
                Answers.json(ctx.response(), 200, new DispatchAccepted(requestId, false, true));
            case DispatchRouter.Refused refused -> error(ctx, refused.code(), refused.message());
          }
        })
        .onFailure(cause -> failed(ctx, cause, ErrorCode.SERVICE_UNAVAILABLE));
  }

  private void result(RoutingContext ctx) {
    var requestId = RequestId.check(ctx.pathParam("requestId"));
    bus.ask(ResultStore.at(node.id()), new ResultStore.Get(requestId), ASK_MAX)
        .onSuccess(reply -> {
          switch (reply) {
            case ResultStore.Get.Found found -> Answers.json(ctx.response(), 200, found.result());
            case ResultStore.Get.NotReady _ ->
                error(ctx, ErrorCode.RESULT_NOT_READY, "no result yet");
          }
        })
        .onFailure(cause -> failed(ctx, cause, ErrorCode.SERVICE_UNAVAILABLE));
  }

  // Idempotent: what is decided, unknown or another organization's stays as it is.
  private void cancel(RoutingContext ctx) {
    var requestId = RequestId.check(ctx.pathParam("requestId"));
    var unwanted = Json.read(sent(ctx), CancelBody.class);
    Cancels.ask(homes, requestId, unwanted.organizationId())
        .onSuccess(_ -> Answers.json(ctx.response(), 202, Map.of("requestId", requestId)))
        .onFailure(cause -> failed(ctx, cause, ErrorCode.SERVICE_UNAVAILABLE));
  }

  private void explain(RoutingContext ctx) {
    var question = new DispatchRouter.Explain(RequestId.check(ctx.pathParam("requestId")));
    ask(question, node.homes().routers().iterator())
        .compose(
            open -> open == null ? decided(question.requestId()) : Future.succeededFuture(open))
        .onSuccess(answer -> {
          if (answer == null) {
            error(ctx, ErrorCode.DISPATCH_NOT_FOUND, "no dispatch with this id is known");
          } else {
            Answers.json(ctx.response(), 200, answer);
          }
        })
        .onFailure(cause -> failed(ctx, cause, ErrorCode.SERVICE_UNAVAILABLE));
  }

  // An id alone does not tell its home, so the homes are asked in turn.
  private Future<ExplainAnswer> ask(DispatchRouter.Explain question, Iterator<Seat> homes) {
    if (!homes.hasNext()) return Future.succeededFuture();
    var seat = homes.next();
    return bus.ask(DispatchRouter.at(seat.node(), seat.shard()), question, ASK_MAX)
        .compose(explanation ->
            explanation.answer() == null
                ? ask(question, homes)
                : Future.succeededFuture(explanation.answer()));
  }

  private Future<ExplainAnswer> decided(String requestId) {
    return bus.ask(ResultStore.at(node.id()), new ResultStore.Get(requestId), ASK_MAX)
        .map(reply ->
            reply instanceof ResultStore.Get.Found(String _, DispatchResult result)
                ? ExplainAnswer.decided(requestId, result)
                : null);
  }

  private void routes(RoutingContext ctx) {
    var organizationId = Check.uuid("organizationId", ctx.queryParams().get("organizationId"));
    bus.ask(SessionRegistry.at(node.id()), new SessionRegistry.Routes(organizationId), ASK_MAX)
        .onSuccess(found ->
            Answers.json(
                ctx.response(),
                200,
                Map.of("routes", found.routes().stream().map(RouteView::of).toList())))
        .onFailure(cause -> failed(ctx, cause, ErrorCode.SERVICE_UNAVAILABLE));
  }

  private void metrics(RoutingContext ctx) {
    ctx.response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
        .end(node.optional(MetricsText.class).map(MetricsText::scrape).orElse(""));
  }

  private Dispatch read(RoutingContext ctx, boolean async) {
    var body = Json.read(sent(ctx), DispatchBody.class);
    int wait = body.maxWaitMs() != null ? body.maxWaitMs() : async ? body.timeoutMs() : 0;
    return new Dispatch(
        body.requestId(),
        body.organizationId(),
        body.requestedByUserId(),
        body.kind(),
        body.payload(),
        body.connectorId(),
        secrets.seal(body.secret()),
        body.selector(),
        body.timeoutMs(),
        wait,
        body.effect(),
        body.networkMode(),
        body.workspace());
  }

  static byte[] sent(RoutingContext ctx) {
    var bytes = ctx.body().buffer();
    if (bytes == null) throw new InvalidMessage("body", "is required");
    return bytes.getBytes();
  }

  private static String key(Dispatch dispatch) {
    return Homes.queueKey(dispatch.selector().pool(), dispatch.organizationId());
  }

  static void failed(RoutingContext ctx, Throwable cause, ErrorCode onTimeout) {
    var fault = Fault.of(cause);
    switch (fault.code()) {
      case TIMEOUT -> error(ctx, onTimeout, "no answer in time");
      case BUSY, UNAVAILABLE, NOT_HOME ->
          error(ctx, ErrorCode.GATEWAY_OVERLOADED, "try again shortly");
      case BAD_REQUEST, NOT_FOUND, INTERNAL ->
          error(ctx, ErrorCode.INTERNAL_ERROR, "an unexpected error");
    }
  }

  private void unexpected(RoutingContext ctx) {
    LOG.atError()
        .addKeyValue("path", ctx.currentRoute() == null ? null : ctx.currentRoute().getPath())
        .setCause(ctx.failure())
        .log("a request failed unexpectedly");
    error(ctx, ErrorCode.INTERNAL_ERROR, "an unexpected error");
  }

  static void error(RoutingContext ctx, ErrorCode code, String message) {
    Answers.error(ctx.response(), code, message);
  }
}
