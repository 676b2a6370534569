package ai.vespid.bench;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.executor.ExecutorFrame;
import ai.vespid.protocol.executor.Frames;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.http.DispatchAccepted;
import ai.vespid.protocol.http.DispatchBody;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Just enough of the public protocol to prove the generator against it, with the misbehaviour that
 * the generator must find. It is the measured side of a measuring tool's tests, not a gateway.
 */
final class TestGateway implements AutoCloseable {
  /** What goes wrong, once, at dispatch number {@link #FAULTY}. */
  enum Fault {
    NONE,
    WRONG_OUTPUT,
    RUNS_TWICE,
    NEVER_ANSWERS,
    FAILS,
    STALLS,
    REFUSES
  }

  static final int FAULTY = 20;
  static final long STALL_MS = 400;

  final List<String> hellos = new CopyOnWriteArrayList<>();
  final AtomicInteger acks = new AtomicInteger();
  final AtomicInteger results = new AtomicInteger();
  private final AtomicInteger turnedAway = new AtomicInteger();
  private final Vertx vertx = Vertx.vertx();
  private final Fault fault;
  private final HttpServer server;
  private final List<ServerWebSocket> agents = new ArrayList<>();
  private final Map<String, Consumer<DispatchResult>> pending = new HashMap<>();
  private final Map<String, DispatchResult> stored = new HashMap<>();
  private final Set<String> askedTooEarly = new HashSet<>();
  private int dispatches;

  TestGateway(Fault fault) {
    this.fault = fault;
    server = vertx.createHttpServer().requestHandler(this::request).listen(0, "127.0.0.1").await();
  }

  String url() {
    return "http://127.0.0.1:" + server.actualPort();
  }

  @Override
  public void close() {
    vertx.close().await();
  }

  /** So many attempts to connect are told to come back in a second. */
  void turnAway(int attempts) {
    turnedAway.set(attempts);
  }

  /** Loses every agent. */
  void dropAll() {
    vertx.runOnContext(_ -> List.copyOf(agents).forEach(ServerWebSocket::close));
  }

  private void upgrade(HttpServerRequest request) {
    if (turnedAway.getAndDecrement() > 0) {
      request.response().putHeader("Retry-After", "1").setStatusCode(503).end();
    } else {
      request.toWebSocket().onSuccess(this::connected);
    }
  }

  private void connected(ServerWebSocket agent) {
    agent.textMessageHandler(text -> frame(agent, Buffer.buffer(text).getBytes()));
    agent.closeHandler(_ -> agents.remove(agent));
  }

  private void frame(ServerWebSocket agent, byte[] frame) {
    switch (Frames.fromExecutor(frame)) {
      case ExecutorFrame.Hello _ -> {
        hellos.add(new String(frame));
        if (!agents.contains(agent)) agents.add(agent);
        say(agent, new GatewayFrame.Welcome("c", 15_000, 10_000, 200, 1 << 20, List.of()));
      }
      case ExecutorFrame.DispatchAck _ -> acks.incrementAndGet();
      case ExecutorFrame.ToolResult result -> {
        results.incrementAndGet();
        say(agent, new GatewayFrame.ResultAck(result.requestId(), result.epoch(), true, null));
        var waiter = pending.remove(result.requestId());
        if (waiter != null) waiter.accept(DispatchResult.succeeded(result.output()));
      }
      default -> throw new AssertionError("not expected from a fake agent");
    }
  }

  private void request(HttpServerRequest request) {
    if (request.headers().contains("upgrade")) {
      upgrade(request);
      return;
    }
    request.body().onSuccess(body -> route(request, body.getBytes()));
  }

  private void route(HttpServerRequest request, byte[] body) {
    if (request.path().endsWith("/dispatch")) {
      dispatch(request, Json.read(body, DispatchBody.class));
    } else if (request.path().endsWith("/dispatch-async")) {
      accept(request, Json.read(body, DispatchBody.class));
    } else {
      read(request);
    }
  }

  private void dispatch(HttpServerRequest request, DispatchBody body) {
    boolean faulty = ++dispatches == FAULTY;
    if (faulty && fault == Fault.REFUSES) {
      answer(request, 503, Map.of("code", "NO_AGENT_AVAILABLE"));
    } else if (faulty && fault == Fault.STALLS) {
      // Nothing of this gateway moves meanwhile, as in a long collection.
      stall();
      run(body, faulty, result -> answer(request, 200, result));
    } else {
      run(body, faulty, result -> answer(request, 200, result));
    }
  }

  private static void stall() {
    long end = System.nanoTime() + STALL_MS * 1_000_000;
    for (long left; (left = end - System.nanoTime()) > 0; ) LockSupport.parkNanos(left);
  }

  private void accept(HttpServerRequest request, DispatchBody body) {
    boolean faulty = ++dispatches == FAULTY;
    run(body, faulty, result -> stored.put(body.requestId(), result));
    answer(request, 201, new DispatchAccepted(body.requestId(), true, null));
  }

  private void read(HttpServerRequest request) {
    var id = request.path().substring("/internal/v1/results/".length()).replace("%3A", ":");
    var result = stored.get(id);
    if (result == null || askedTooEarly.add(id)) {
      answer(request, 404, Map.of("code", "RESULT_NOT_READY"));
    } else {
      answer(request, 200, result);
    }
  }

  private void run(DispatchBody body, boolean faulty, Consumer<DispatchResult> whenDone) {
    pending.put(body.requestId(), result -> finish(faulty, result, whenDone));
    var agent = agents.get(dispatches % agents.size());
    invoke(agent, body);
    if (faulty && fault == Fault.RUNS_TWICE) invoke(agent, body);
  }

  private void finish(boolean faulty, DispatchResult result, Consumer<DispatchResult> whenDone) {
    if (faulty && fault == Fault.NEVER_ANSWERS) return;
    if (faulty && fault == Fault.WRONG_OUTPUT) {
      whenDone.accept(DispatchResult.succeeded(RawJson.of("{\"n\":\"another\"}")));
    } else if (faulty && fault == Fault.FAILS) {
      whenDone.accept(DispatchResult.failed("AGENT_DISCONNECTED", null));
    } else {
      whenDone.accept(result);
    }
  }

  private static void invoke(ServerWebSocket agent, DispatchBody body) {
    var workspace = UUID.randomUUID().toString();
    say(
        agent,
        new GatewayFrame.InvokeTool(
            body.requestId(),
            1,
            body.organizationId(),
            body.requestedByUserId(),
            body.kind(),
            body.payload(),
            null,
            new GatewayFrame.ToolPolicy(true, NetworkMode.NONE, 60_000, 200_000, List.of(), null),
            new GatewayFrame.Workspace(workspace, 0L, "", null),
            new GatewayFrame.WorkspaceAccess(
                null, new GatewayFrame.Upload("http://localhost/u", "k", 1L)),
            null,
            null));
  }

  private static void say(ServerWebSocket agent, GatewayFrame frame) {
    agent.writeTextMessage(Buffer.buffer(Frames.write(frame)).toString());
  }

  private static void answer(HttpServerRequest request, int status, Object body) {
    request.response().setStatusCode(status).end(Buffer.buffer(Json.write(body)));
  }
}
