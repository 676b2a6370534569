package ai.vespid.bench;

import com.hazelcast.config.Config;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.spi.cluster.hazelcast.ConfigUtil;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.util.List;

/**
 * The physical limit for work that crosses from one node to another: as {@link PipeServer}, but in
 * two processes with the clustered event bus between them. The near one takes requests, the far one
 * has the clients. One event loop each; arguments are {@code near|far}, its own port of the cluster
 * and that of the other.
 */
final class ClusteredPipeServer {
  private static final String HOST = "127.0.0.1";
  private static final String ADDRESS = "pipe";

  private ClusteredPipeServer() {}

  /** Runs until standard input ends. */
  public static void main(String[] args) throws IOException {
    var vertx =
        Vertx.builder()
            .with(
                new VertxOptions()
                    .setEventLoopPoolSize(1)
                    .setEventBusOptions(new EventBusOptions().setHost(HOST)))
            .withClusterManager(new HazelcastClusterManager(hazelcast(args[1], args[2])))
            .buildClustered()
            .await();
    int port = args[0].equals("far") ? far(vertx) : near(vertx);
    PipeServer.untilParentEnds(port);
    vertx.close().await();
  }

  private static Config hazelcast(String port, String otherPort) {
    var config = ConfigUtil.loadConfig();
    config.setClusterName("pipe");
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.wait.seconds.before.join", "0");
    config.setProperty("hazelcast.socket.bind.any", "false");
    config.setProperty("hazelcast.logging.type", "none");
    var network = config.getNetworkConfig();
    network.setPort(Integer.parseInt(port)).setPortAutoIncrement(false);
    network.getInterfaces().setEnabled(true).addInterface(HOST);
    network.getJoin().getMulticastConfig().setEnabled(false);
    network.getJoin().getAutoDetectionConfig().setEnabled(false);
    network
        .getJoin()
        .getTcpIpConfig()
        .setEnabled(true)
        .setMembers(List.of(HOST + ":" + port, HOST + ":" + otherPort));
    return config;
  }

  private static int far(Vertx vertx) {
    var clients = new EchoClients();
    var server =
        vertx
            .createHttpServer(new HttpServerOptions().setTcpNoDelay(true))
            .webSocketHandler(clients::connected)
            .listen(0, HOST)
            .await();
    vertx
        .eventBus()
        .<Buffer>consumer(ADDRESS, message -> pass(clients, message))
        .completion()
        .await();
    return server.actualPort();
  }

  private static void pass(EchoClients clients, Message<Buffer> message) {
    if (!clients.ask(message.body(), message::reply)) message.fail(503, "no client");
  }

  private static int near(Vertx vertx) {
    return vertx
        .createHttpServer(new HttpServerOptions().setTcpNoDelay(true))
        .requestHandler(request -> request.bodyHandler(body -> forward(vertx, request, body)))
        .listen(0, HOST)
        .await()
        .actualPort();
  }

  private static void forward(Vertx vertx, HttpServerRequest request, Buffer body) {
    vertx
        .eventBus()
        .<Buffer>request(ADDRESS, body)
        .onSuccess(echo -> request.response().end(echo.body()))
        .onFailure(_ -> request.response().setStatusCode(503).end());
  }
}
