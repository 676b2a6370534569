package ai.vespid.kit.bus;

import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.function.Supplier;

/** A private event bus for one test. Messages take the wire path, as they would between nodes. */
public final class LocalBus implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();

  public LocalBus() {
    ProtocolCodec.install(vertx, Protocols.ALL, true);
  }

  public Bus bus() {
    return new Bus(vertx, "n");
  }

  public Vertx vertx() {
    return vertx;
  }

  public String deploy(Supplier<Deployable> verticle) {
    return deploy(verticle, new JsonObject());
  }

  public String deploy(Supplier<Deployable> verticle, JsonObject config) {
    var options = new DeploymentOptions().setConfig(config);
    return vertx.deployVerticle(verticle, options).await();
  }

  @Override
  public void close() {
    vertx.close().await();
  }
}
