package ai.vespid.agent;

import ai.vespid.agent.link.Backoff;
import ai.vespid.agent.link.Link;
import ai.vespid.agent.trust.CommandGate;
import ai.vespid.agent.trust.GatewayTrust;
import ai.vespid.agent.trust.TrustChoice;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.executor.ExecutorFrame;
import ai.vespid.protocol.executor.Frames;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import ai.vespid.protocol.executor.GatewayFrame.ToolPolicy;
import ai.vespid.protocol.executor.GatewayFrame.Upload;
import ai.vespid.protocol.executor.GatewayFrame.Workspace;
import ai.vespid.protocol.executor.GatewayFrame.WorkspaceAccess;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The gateway's side of the executor protocol, as far as a test tells it to speak. */
public final class TestGateway implements AutoCloseable {
  public static final String TOKEN = "11111111-1111-4111-8111-111111111111.secret-token";
  public static final String ORGANIZATION = "22222222-2222-4222-8222-222222222222";
  public static final String EXECUTOR = "33333333-3333-4333-8333-333333333333";
  private static final String USER = "44444444-4444-4444-8444-444444444444";
  private static final String WORKSPACE = "55555555-5555-4555-8555-555555555555";

  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;
  private final BlockingQueue<ExecutorFrame> frames = new LinkedBlockingQueue<>();
  private final BlockingQueue<ServerWebSocket> sockets = new LinkedBlockingQueue<>();
  private volatile ServerWebSocket current;
  private volatile boolean welcomes = true;
  private volatile int refuseWith;
  private volatile String retryAfter;
  private volatile int refusals;
  private volatile Integer telemetryMs;
  private volatile List<ExecutorFrame.Held> drop = List.of();

  public TestGateway() {
    server =
        vertx.createHttpServer().requestHandler(this::letInOrRefuse).listen(0, "127.0.0.1").await();
  }

  private void letInOrRefuse(HttpServerRequest request) {
    boolean known = ("Bearer " + TOKEN).equals(request.getHeader("authorization"));
    int status = known ? refuseWith : 401;
    if (status == 0) {
      request.toWebSocket().onSuccess(this::opened);
      return;
    }
    refusals++;
    if (retryAfter != null) request.response().putHeader("Retry-After", retryAfter);
    request.response().setStatusCode(status).end();
  }

  private void opened(ServerWebSocket socket) {
    current = socket;
    socket.textMessageHandler(text -> {
      var frame = Frames.fromExecutor(text.getBytes(StandardCharsets.UTF_8));
      frames.add(frame);
      if (frame instanceof ExecutorFrame.Hello && welcomes) {
        send(new GatewayFrame.Welcome("c", 60_000, 10_000, 10, 1 << 23, drop, telemetryMs));
      }
    });
    sockets.add(socket);
  }

  public String url() {
    return "ws://localhost:" + server.actualPort() + "/ws/executor";
  }

  /** Behaves like a gateway of the original from the next connection on. */
  public void neverWelcome() {
    welcomes = false;
  }

  /** Wants to hear how the agent is, from the next connection on. */
  public void wantTelemetry(int everyMs) {
    telemetryMs = everyMs;
  }

  /** Refuses the next connections with this status; 0 lets them in. */
  public void refuse(int status) {
    refuseWith = status;
  }

  /** The same, and says how many seconds to stay away. */
  public void refuse(int status, int retryAfterSeconds) {
    retryAfter = Integer.toString(retryAfterSeconds);
    refuseWith = status;
  }

  public int refusals() {
    return refusals;
  }

  public void drop(ExecutorFrame.Held held) {
    drop = List.of(held);
  }

  public ServerWebSocket connection() throws InterruptedException {
    var socket = sockets.poll(20, TimeUnit.SECONDS);
    if (socket == null) throw new AssertionError("no connection within 20 s");
    return socket;
  }

  public void send(GatewayFrame frame) {
    sendText(new String(Frames.write(frame), StandardCharsets.UTF_8));
  }

  public void sendText(String text) {
    current.writeTextMessage(text);
  }

  /** The next frame of this type; others in between are skipped. */
  public <F extends ExecutorFrame> F next(Class<F> type) throws InterruptedException {
    return next(type, 20_000);
  }

  public <F extends ExecutorFrame> F next(Class<F> type, long waitMs) throws InterruptedException {
    var found = poll(type, waitMs);
    if (found == null) throw new AssertionError("no " + type.getSimpleName() + " in time");
    return found;
  }

  /** As {@link #next}, but null when none comes. */
  public <F extends ExecutorFrame> F poll(Class<F> type, long waitMs) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs);
    while (true) {
      var frame = frames.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (frame == null || type.isInstance(frame)) return type.cast(frame);
    }
  }

  public void acknowledge(ExecutorFrame.ToolResult result) {
    var ack = new GatewayFrame.Acknowledged(result.requestId(), result.epoch(), true);
    send(GatewayFrame.ResultAck.of(List.of(ack)));
  }

  /** A shell task for the host backend. */
  public static InvokeTool shell(String requestId, int epoch, String script) {
    return shell(requestId, epoch, script, 20_000);
  }

  public static InvokeTool shell(String requestId, int epoch, String script, int timeoutMs) {
    record Task(String type, String script) {}
    record Config(Task task) {}
    record Node(String id, String type, Config config) {}
    record Payload(String nodeId, Node node) {}
    var node = new Node("n", "agent.execute", new Config(new Task("shell", script)));
    return invoke(requestId, epoch, Kind.AGENT_EXECUTE, RawJson.from(new Payload("n", node)))
        .withTimeout(timeoutMs);
  }

  /** What an invoke is made of, with usual values for the rest. */
  public record Draft(InvokeTool invoke) {
    InvokeTool withTimeout(int timeoutMs) {
      return build(invoke.organizationId(), null, timeoutMs);
    }

    public InvokeTool withSecret(String secret) {
      return build(invoke.organizationId(), secret, 20_000);
    }

    public InvokeTool of(String organizationId) {
      return build(organizationId, null, 20_000);
    }

    private InvokeTool build(String organizationId, String secret, int timeoutMs) {
      return new InvokeTool(
          invoke.requestId(),
          invoke.epoch(),
          organizationId,
          USER,
          invoke.kind(),
          invoke.payload(),
          secret,
          new ToolPolicy(true, NetworkMode.NONE, timeoutMs, 60_000, List.of(), null),
          invoke.workspace(),
          invoke.workspaceAccess(),
          null,
          null);
    }
  }

  public static Draft invoke(String requestId, Integer epoch, Kind kind, RawJson payload) {
    return new Draft(
        new InvokeTool(
            requestId,
            epoch,
            ORGANIZATION,
            USER,
            kind,
            payload,
            null,
            new ToolPolicy(true, NetworkMode.NONE, 20_000, 60_000, List.of(), null),
            new Workspace(WORKSPACE, 0L, "k0", null),
            new WorkspaceAccess(null, new Upload("http://127.0.0.1:9/none", "k1", 1L)),
            null,
            null));
  }

  public static String newId() {
    return UUID.randomUUID().toString();
  }

  @Override
  public void close() {
    vertx.close().await();
  }

  /** The way to it: in clear, and nothing is signed. */
  static Way way(String bootId) {
    return new Way(
        new GatewayTrust(TrustChoice.NONE),
        null,
        new CommandGate(null, EXECUTOR, bootId),
        Link.Pace.USUAL,
        Backoff.Patience.USUAL);
  }
}
