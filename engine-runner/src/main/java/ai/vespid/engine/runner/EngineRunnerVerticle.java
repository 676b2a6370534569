package ai.vespid.engine.runner;

import ai.vespid.engine.provider.Providers;
import ai.vespid.engine.provider.RefreshedTokens;
import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.bus.Mailbox;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.EngineRunner;
import ai.vespid.protocol.bus.EngineRunner.Begun;
import ai.vespid.protocol.bus.EngineRunner.Cancel;
import ai.vespid.protocol.bus.EngineRunner.Infer;
import ai.vespid.protocol.bus.EngineRunner.Read;
import ai.vespid.protocol.bus.EngineRunner.Refused;
import ai.vespid.protocol.bus.EngineRunner.Reply;
import ai.vespid.protocol.bus.EngineRunner.Said;
import ai.vespid.protocol.bus.Message;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;

/**
 * Asks models for whoever thinks. Holds what they say until it was read, and nothing else; several
 * shards of one node know nothing of each other.
 */
public final class EngineRunnerVerticle extends VerticleBase {
  private static final long TICK_MS = 100;
  private static final long UNREAD_MAX_MS = 15_000;
  private static final long FORGET_MS = 5_000;
  private static final Duration DRAIN_MAX = Duration.ofSeconds(2);

  private final Node node;
  private final int shard;
  private final SecretsUnderWay secrets;
  private final Map<String, HeldCall> calls = new HashMap<>();
  private EngineRunnerSettings settings;
  private Providers providers;
  private HttpFace face;
  private Context context;
  private Mailbox mailbox;

  public EngineRunnerVerticle(Node node, int shard) {
    this.node = node;
    this.shard = shard;
    this.secrets = new SecretsUnderWay(node.optional(Envelope.class));
  }

  @Override
  public Future<?> start() {
    settings = Settings.bind("engine-runner", config(), EngineRunnerSettings.class);
    context = vertx.getOrCreateContext();
    var tokens =
        new RefreshedTokens(
            vertx,
            settings.vertexTokenUrl(),
            settings.vertexClientId(),
            settings.vertexClientSecret());
    providers = new Providers(settings.engines(), tokens, node.meters());
    face = new HttpFace(vertx, node, settings, providers);
    if (settings.port() != null) face.mount();
    node.meters().gauge("vespid.engine.held", calls, Map::size);
    vertx.setPeriodic(TICK_MS, _ -> tick());
    // Each call has one read under way.
    return new Bus(vertx, node.id())
        .serve(EngineRunner.at(node.id(), shard), 4 * settings.callsMax(), this::receive)
        .onSuccess(opened -> mailbox = opened);
  }

  @Override
  public Future<?> stop() {
    var open = mailbox;
    var closing = new ArrayList<Future<?>>();
    for (var call : calls.values()) {
      closing.add(ended(call));
      call.close();
    }
    closing.add(face.close());
    return Future.join(closing)
        .eventually(() -> open == null ? Future.succeededFuture() : open.drain(DRAIN_MAX))
        .onComplete(_ -> providers.close());
  }

  private Future<? extends Message> receive(EngineRunner<?> request) {
    return switch (request) {
      case Infer infer -> Future.succeededFuture(infer(infer));
      case Read read -> read(read);
      case Cancel cancel -> cancel(cancel);
    };
  }

  private Reply infer(Infer wanted) {
    if (calls.containsKey(wanted.callId())) return new Begun();
    var asked = wanted.asked();
    var provider = providers.find(asked.engineId());
    if (provider.isEmpty()) {
      return new Refused(
          ErrorCode.EXECUTOR_UNSUPPORTED_ENGINE, "no engine " + asked.engineId() + " is here");
    }
    if (calls.size() >= settings.callsMax()) {
      return new Refused(ErrorCode.ENGINE_UNAVAILABLE, "too many calls are under way");
    }
    String secret;
    try {
      secret = secrets.open(asked.secret());
    } catch (IllegalStateException e) {
      // Never another key instead (defect D16).
      return new Refused(ErrorCode.LLM_AUTH_NOT_CONFIGURED, "the secret cannot be opened");
    }
    var held = new HeldCall(context, node.clock().millis());
    calls.put(wanted.callId(), held);
    held.asking(provider.get().ask(asked.withSecret(null), secret, held::take));
    return new Begun();
  }

  private Future<Said> read(Read wanted) {
    var held = calls.get(wanted.callId());
    if (held == null) return Future.failedFuture(new Fault(Fault.Code.NOT_FOUND, "no such call"));
    return held.read(wanted.seen(), node.clock().millis());
  }

  private Future<Done> cancel(Cancel wanted) {
    var held = calls.remove(wanted.callId());
    return held == null ? Future.succeededFuture(new Done()) : ended(held).map(new Done());
  }

  private Future<Void> ended(HeldCall held) {
    return Future.fromCompletionStage(held.asking().cancel(), context);
  }

  private void tick() {
    long nowMs = node.clock().millis();
    long nanos = System.nanoTime();
    face.tick(nanos);
    calls
        .values()
        .removeIf(held -> {
          held.asking().look(nanos);
          held.tick(nowMs);
          if (!held.unread(nowMs, held.ended() ? FORGET_MS : UNREAD_MAX_MS)) return false;
          // Whoever asked is gone.
          held.asking().cancel();
          return true;
        });
  }
}
