package ai.vespid.bench;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.Frames;
import ai.vespid.protocol.executor.GatewayFrame.ResultAck;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.http.WebSocketFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * An agent as the gateway sees it: hello at open and every 15 s, every invoke answered at once with
 * what its payload told it to echo. It does no work, so what is measured is the gateway.
 */
final class FakeAgent {
  static final String VERSION = "bench-1";
  private static final long HEARTBEAT_MS = 15_000;
  private static final long CONNECT_MS_MAX = 10_000;
  private static final long PLAIN_SETTLE_MS = 500;
  private static final byte[] RESULT_ACK =
      "{\"type\":\"result_ack\"".getBytes(StandardCharsets.US_ASCII);

  private final Generator generator;
  private final Credential credential;
  private final Manner manner;
  private final Fleet fleet;
  private final String hello;
  private final Promise<Void> ready = Promise.promise();
  private final Pauses pauses = new Pauses();
  private Door door;
  private Buffer partial;
  private WebSocket socket;
  private boolean welcomed;
  private long lostNanos;
  private boolean closing;

  FakeAgent(Generator generator, Credential credential, Manner manner, Fleet fleet) {
    this.generator = generator;
    this.credential = credential;
    this.manner = manner;
    this.fleet = fleet;
    this.hello = hello();
  }

  /** Connects; done when the gateway has welcomed the agent. */
  Future<Void> connect(Door door) {
    this.door = door;
    open(door.first(), door.urls().size());
    return ready.future();
  }

  private void open(int number, int tries) {
    if (closing) return;
    var options =
        new WebSocketConnectOptions()
            .setAbsoluteURI(door.url(number))
            .setTimeout(CONNECT_MS_MAX)
            .addHeader("Authorization", "Bearer " + credential.token());
    generator
        .sockets
        .connect(options)
        .onSuccess(this::opened)
        .onFailure(cause -> {
          boolean unreachable = !(cause instanceof UpgradeRejectedException);
          if (unreachable && tries > 1) open(number + 1, tries - 1);
          else notOpened(cause);
        });
  }

  void close() {
    closing = true;
    if (socket != null) socket.close();
  }

  private void notOpened(Throwable cause) {
    // Told to come back is let in, only later; it is no flaw.
    if (door.comesBack() || Pauses.toldSeconds(cause) >= 0) {
      if (Pauses.toldSeconds(cause) >= 0) fleet.deferred();
      again(pauses.nextMs(cause));
    } else {
      ready.tryFail(new IllegalStateException("agent refused: " + cause.getMessage()));
    }
  }

  private void again(long waitMs) {
    generator.vertx.setTimer(waitMs, _ -> open(door.any(), door.urls().size()));
  }

  private void opened(WebSocket opened) {
    if (closing) {
      opened.close();
      return;
    }
    socket = opened;
    opened.frameHandler(this::frame);
    long heartbeat = generator.vertx.setPeriodic(HEARTBEAT_MS, _ -> say(hello));
    opened.closeHandler(_ -> closed(heartbeat));
    opened.exceptionHandler(_ -> {});
    say(hello);
    // A gateway without our extensions never says that it understood the hello.
    if (manner.plain()) generator.vertx.setTimer(PLAIN_SETTLE_MS, _ -> welcomed());
  }

  private void welcomed() {
    if (welcomed || closing) return;
    welcomed = true;
    pauses.held();
    fleet.welcomed(lostNanos == 0 ? 0 : System.nanoTime() - lostNanos);
    ready.tryComplete();
  }

  private void closed(long heartbeat) {
    generator.vertx.cancelTimer(heartbeat);
    if (welcomed) {
      fleet.left();
      lostNanos = System.nanoTime();
    }
    welcomed = false;
    partial = null;
    if (closing) return;
    if (door.comesBack()) {
      again(pauses.nextMs());
      return;
    }
    ready.tryFail(
        new IllegalStateException("agent closed by the gateway: " + socket.closeReason()));
    fleet.lost();
  }

  private void say(String frame) {
    if (!socket.isClosed()) socket.writeTextMessage(frame);
  }

  private void frame(WebSocketFrame frame) {
    // Pings and the close come here as well; they are no messages.
    if (!frame.isText() && !frame.isBinary() && !frame.isContinuation()) return;
    var data = frame.binaryData();
    if (partial != null || !frame.isFinal()) {
      partial = partial == null ? data.copy() : partial.appendBuffer(data);
      if (!frame.isFinal()) return;
      data = partial;
      partial = null;
    }
    message(data.getBytes());
  }

  private void message(byte[] message) {
    if (startsWith(message, RESULT_ACK)) {
      if (fleet.wantsToKnow() && Frames.fromGateway(message) instanceof ResultAck acks) {
        acks.all().forEach(ack -> fleet.acknowledged(ack.requestId()));
      }
      return;
    }
    var invoke = fleet.reader();
    try {
      var type = invoke.read(message);
      switch (type) {
        case "invoke_tool_v2" -> answer(invoke);
        case "executor_welcome_v2" -> welcomed();
        case "executor_error_v2" -> {
          fleet.refused();
          ready.tryFail(new IllegalStateException("refused: " + Json.peek(message, "code")));
        }
        case null, default -> {}
      }
    } catch (IOException _) {
      fleet.malformed();
    }
  }

  private void answer(InvokeReader invoke) {
    var requestId = invoke.requestId();
    var id = jsonText(requestId);
    var epoch = invoke.epoch() == 0 ? "" : ",\"epoch\":" + invoke.epoch();
    boolean acks = !manner.plain() && invoke.epoch() > 0;
    if (acks) {
      say("{\"type\":\"dispatch_ack\",\"requestId\":" + id + epoch + "}");
    }
    var result =
        "{\"type\":\"tool_result_v2\",\"requestId\":"
            + id
            + epoch
            + ",\"status\":\"succeeded\",\"output\":"
            + invoke.input()
            + "}";
    if (manner.workMs() == 0) sayResult(requestId, result, acks);
    else {
      generator.vertx.setTimer(manner.workMs(), _ -> sayResult(requestId, result, acks));
    }
  }

  private void sayResult(String requestId, String result, boolean acks) {
    say(result);
    fleet.answered(requestId, acks);
  }

  // Ids of the generator need no escapes; ids of others may.
  private static String jsonText(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == '"' || c == '\\') {
        return new String(Json.write(text), StandardCharsets.UTF_8);
      }
    }
    return '"' + text + '"';
  }

  private String hello() {
    var frame =
        new Hello(
            VERSION,
            credential.executorId(),
            credential.pool(),
            credential.pool() == Pool.BYON ? credential.organizationId() : null,
            "bench",
            List.of(),
            manner.maxInFlight(),
            Set.of(Kind.CONNECTOR_ACTION, Kind.AGENT_EXECUTE),
            null,
            null,
            manner.plain() ? null : UUID.randomUUID().toString(),
            manner.plain() ? Set.of() : Set.of(Hello.ACK),
            List.of(),
            List.of());
    var bytes = Frames.write(frame);
    if (manner.plain()) bytes = withoutExtensions(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static byte[] withoutExtensions(byte[] hello) {
    var fields = Json.read(hello, ObjectNode.class);
    fields.remove(List.of("connectors", "bootId", "features", "inFlight", "finished"));
    return Json.write(fields);
  }

  private static boolean startsWith(byte[] message, byte[] front) {
    return message.length >= front.length
        && Arrays.equals(message, 0, front.length, front, 0, front.length);
  }
}
