package ai.vespid.gateway.ingress;

import ai.vespid.kit.http.Answers;
import ai.vespid.kit.node.MemoryCalls;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.bus.SessionMemory.Use;
import ai.vespid.protocol.http.MemoryBody;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;

/** What is remembered, for workers: their agents' {@code memory.*} tools. */
record MemoryRoute(MemoryCalls memory) {
  private static final Duration ASK_MAX = Duration.ofSeconds(30);

  /** Answers as a dispatch is answered: a tool that fails is a result, too. */
  void use(RoutingContext ctx) {
    var wish = Json.read(IngressVerticle.sent(ctx), MemoryBody.class);
    var use =
        new Use(wish.organizationId(), wish.sessionKey(), wish.toolId(), wish.input(), wish.once());
    memory
        .ask(use, ASK_MAX)
        .map(used ->
            used.error() == null
                ? DispatchResult.succeeded(used.output())
                : DispatchResult.failed(used.error(), null))
        .onSuccess(result -> Answers.json(ctx.response(), 200, result))
        .onFailure(cause -> IngressVerticle.failed(ctx, cause, ErrorCode.SERVICE_UNAVAILABLE));
  }
}
