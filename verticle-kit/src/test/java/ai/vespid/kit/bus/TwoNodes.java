package ai.vespid.kit.bus;

import com.hazelcast.config.Config;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;

/** Two clustered nodes on loopback, each with an event bus of its own. */
final class TwoNodes implements AutoCloseable {
  private static final String HOST = "127.0.0.1";

  private final Vertx a;
  private final Vertx b;

  TwoNodes() throws IOException {
    var ports = List.of(freePort(), freePort());
    a = open(ports.get(0), ports, new EventBusOptions());
    b = open(ports.get(1), ports, new EventBusOptions());
  }

  /** Each is reached through a cable of its own. */
  TwoNodes(SlowCable toA, SlowCable toB) throws IOException {
    var ports = List.of(freePort(), freePort());
    a = open(ports.get(0), ports, behind(toA));
    b = open(ports.get(1), ports, behind(toB));
  }

  private static EventBusOptions behind(SlowCable cable) {
    return new EventBusOptions()
        .setPort(cable.to())
        .setClusterPublicHost(HOST)
        .setClusterPublicPort(cable.port());
  }

  Vertx a() {
    return a;
  }

  Vertx b() {
    return b;
  }

  private static Vertx open(int port, List<Integer> ports, EventBusOptions options) {
    System.setProperty("hazelcast.logging.type", "none");
    var hazelcast = new Config().setClusterName("two-nodes-" + ports);
    hazelcast.setProperty("hazelcast.phone.home.enabled", "false");
    hazelcast.setProperty("hazelcast.wait.seconds.before.join", "0");
    hazelcast.setProperty("hazelcast.partition.count", "23");
    hazelcast.setProperty("hazelcast.shutdownhook.enabled", "false");
    var network = hazelcast.getNetworkConfig().setPort(port).setPortAutoIncrement(false);
    network.getInterfaces().setEnabled(true).addInterface(HOST);
    network.getJoin().getMulticastConfig().setEnabled(false);
    network.getJoin().getAutoDetectionConfig().setEnabled(false);
    network
        .getJoin()
        .getTcpIpConfig()
        .setEnabled(true)
        .setMembers(ports.stream().map(each -> HOST + ":" + each).toList());
    var vertx =
        Vertx.builder()
            .with(new VertxOptions().setEventBusOptions(options.setHost(HOST)))
            .withClusterManager(new HazelcastClusterManager(hazelcast))
            .buildClustered()
            .await();
    ProtocolCodec.install(vertx, Protocols.ALL, false);
    return vertx;
  }

  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    b.close().await();
    a.close().await();
  }
}
