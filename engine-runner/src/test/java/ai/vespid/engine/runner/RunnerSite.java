package ai.vespid.engine.runner;

import ai.vespid.engine.EngineCatalogue;
import ai.vespid.engine.provider.StandIn;
import ai.vespid.kit.bus.LocalBus;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.http.Ports;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Occupancy;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.engine.Inference;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** An engine runner on a bus of its own, before a stand-in of a provider. */
final class RunnerSite implements AutoCloseable {
  static final String TOKEN = "engine-runner-token";
  static final String OPERATORS_KEY = "sk-operators-secret-987654";

  final LocalBus local = new LocalBus();
  final StandIn standIn = new StandIn(local.vertx());
  final int port = freePort();
  final Envelope envelope = new Envelope("test", Base64.getEncoder().encodeToString(new byte[32]));
  final Node node;
  final Surroundings here;
  final Context context;
  private final String deployment;

  RunnerSite(JsonObject more) {
    var ports = new Ports();
    node =
        new Node(
            "n",
            "n",
            Membership.single("n", 1),
            new Occupancy(),
            ports,
            new SimpleMeterRegistry(),
            InstantSource.system(),
            Map.of(Envelope.class, envelope));
    here = Surroundings.of(local.vertx(), node);
    var config =
        new JsonObject()
            .put("host", "127.0.0.1")
            .put("port", port)
            .put("token", TOKEN)
            .put("openaiBaseUrl", standIn.url())
            .put("openaiApiKey", OPERATORS_KEY)
            .mergeIn(more);
    var entry = new EngineCatalogue().entries().getFirst();
    deployment = local.deploy(() -> entry.factory().create(node, 0), config);
    ports.listen(local.vertx()).await();
    context = local.vertx().getOrCreateContext();
  }

  RunnerSite() {
    this(new JsonObject());
  }

  void stopRunner() {
    local.vertx().undeploy(deployment).await();
  }

  static Inference hi(String secret) {
    return new Inference(
        "llm.openai",
        "model-x",
        List.of(new Inference.User("hi")),
        List.of(),
        1_000_000,
        20_000,
        secret);
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    standIn.close();
    local.close();
  }
}
