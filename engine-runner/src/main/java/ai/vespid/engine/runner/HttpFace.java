package ai.vespid.engine.runner;

import ai.vespid.engine.provider.Provider;
import ai.vespid.engine.provider.ProviderCall;
import ai.vespid.engine.provider.Providers;
import ai.vespid.kit.crypto.Tokens;
import ai.vespid.kit.http.Answers;
import ai.vespid.kit.node.Node;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Inference;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The runner over HTTP (contract 8), for a runner on a host of its own: {@code
 * /internal/v1/llm/infer} answers when all was said, {@code /internal/v1/llm/stream} a line of JSON
 * for each piece.
 */
final class HttpFace {
  private static final String SETTING = "ENGINE_RUNNER_PORT";
  private static final String INFER = "/internal/v1/llm/infer";
  private static final String STREAM = "/internal/v1/llm/stream";

  private final Vertx vertx;
  private final Node node;
  private final EngineRunnerSettings settings;
  private final Providers providers;
  private final Set<ProviderCall> calls = ConcurrentHashMap.newKeySet();

  /** What {@code infer} answers. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Answer(boolean ok, String content, Usage usage, String error, String message) {
    static Answer failed(String error, String message) {
      return new Answer(false, null, null, error, message);
    }
  }

  private record Usage(long inputTokens, long outputTokens, long totalTokens) {}

  HttpFace(Vertx vertx, Node node, EngineRunnerSettings settings, Providers providers) {
    this.vertx = vertx;
    this.node = node;
    this.settings = settings;
    this.providers = providers;
  }

  void mount() {
    var router = Router.router(vertx);
    router.route().handler(this::admit);
    var body = BodyHandler.create(false).setBodyLimit(Limits.FRAME_BYTES_MAX);
    router
        .post(INFER)
        .handler(body)
        .handler(
            ctx -> ask(ctx, bytes -> Json.read(bytes, InferBody.class).question(), Whole::new));
    router
        .post(STREAM)
        .handler(body)
        .handler(ctx -> ask(ctx, bytes -> Json.read(bytes, Inference.class), LinesAnswer::new));
    router.errorHandler(404, ctx -> refuse(ctx, ErrorCode.NOT_FOUND, "no such path"));
    router.errorHandler(405, ctx -> refuse(ctx, ErrorCode.METHOD_NOT_ALLOWED, "wrong method"));
    router.errorHandler(413, ctx -> refuse(ctx, ErrorCode.PAYLOAD_TOO_LARGE, "too large"));
    router.errorHandler(500, ctx -> refuse(ctx, ErrorCode.ENGINE_UNAVAILABLE, "unexpected"));
    var port = settings.port();
    node.ports().mount(vertx, settings.host(), port, SETTING, "/internal/v1/llm/", router::handle);
    node.ports()
        .mount(
            vertx,
            settings.host(),
            port,
            SETTING,
            "/healthz",
            request -> Answers.json(request.response(), 200, Map.of("ok", true)));
  }

  private void admit(RoutingContext ctx) {
    var header = ctx.request().getHeader(HttpHeaders.AUTHORIZATION);
    var token = header != null && header.startsWith("Bearer ") ? header.substring(7) : null;
    if (!Tokens.same(settings.token(), token)) {
      refuse(ctx, ErrorCode.UNAUTHORIZED, "the token is missing or wrong");
    } else if (calls.size() >= settings.callsMax()) {
      refuse(ctx, ErrorCode.ENGINE_UNAVAILABLE, "too many calls are under way");
    } else {
      ctx.next();
    }
  }

  private static void refuse(RoutingContext ctx, ErrorCode code, String message) {
    Answers.json(ctx.response(), code.status(), Answer.failed(code.name(), message));
  }

  private void ask(
      RoutingContext ctx,
      Function<byte[], Inference> read,
      Function<RoutingContext, Consumer<Chunk>> answer) {
    Inference asked;
    Optional<Provider> provider;
    try {
      var bytes = ctx.body().buffer();
      if (bytes == null) throw new InvalidMessage("body", "is required");
      asked = read.apply(bytes.getBytes());
      provider = providers.find(asked.engineId());
      if (provider.isEmpty()) throw new InvalidMessage("provider", "is not known here");
    } catch (InvalidMessage e) {
      refuse(ctx, ErrorCode.BAD_REQUEST, e.getMessage());
      return;
    }
    var call = provider.get().ask(asked.withSecret(null), asked.secret(), answer.apply(ctx));
    calls.add(call);
    call.ended().thenRun(() -> calls.remove(call));
    // Whoever asked hung up: nobody pays for what nobody hears.
    ctx.response().closeHandler(_ -> call.cancel());
  }

  void tick(long nowNanos) {
    for (var call : calls) call.look(nowNanos);
  }

  Future<?> close() {
    var closing = new ArrayList<Future<?>>();
    for (var call : calls) closing.add(Future.fromCompletionStage(call.cancel()));
    return Future.join(closing);
  }

  /** One answer when all was said. */
  private static final class Whole implements Consumer<Chunk> {
    private final RoutingContext ctx;
    private final Context context;
    private final StringBuilder text = new StringBuilder();
    private Usage usage;

    Whole(RoutingContext ctx) {
      this.ctx = ctx;
      this.context = ctx.vertx().getOrCreateContext();
    }

    @Override
    public void accept(Chunk chunk) {
      switch (chunk) {
        case Chunk.Delta(var piece) -> text.append(piece);
        case Chunk.Usage(var in, var out) -> usage = new Usage(in, out, in + out);
        case Chunk.ToolCall _ -> {}
        case Chunk.Finish _ -> answer(new Answer(true, text.toString(), usage, null, null));
        case Chunk.Failed failed -> answer(Answer.failed(failed.error(), failed.message()));
      }
    }

    private void answer(Answer answer) {
      context.runOnContext(_ -> Answers.json(ctx.response(), 200, answer));
    }
  }
}
