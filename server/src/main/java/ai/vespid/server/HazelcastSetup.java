package ai.vespid.server;

import ai.vespid.kit.node.Member;
import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MultiMapConfig;
import com.hazelcast.config.MultiMapConfig.ValueCollectionType;
import com.hazelcast.config.ServerSocketEndpointConfig;
import java.util.Map;

/** What Hazelcast has to know: how members find each other, and how soon one is missed. */
final class HazelcastSetup {
  // Detected in seconds; a split heals by itself in seconds (the defaults are 60 s and 300 s).
  // What it holds is who listens to what: few partitions make joining and leaving cheap.
  private static final Map<String, String> PROPERTIES =
      Map.ofEntries(
          Map.entry("hazelcast.heartbeat.interval.seconds", "1"),
          Map.entry("hazelcast.max.no.heartbeat.seconds", "5"),
          Map.entry("hazelcast.heartbeat.failuredetector.type", "deadline"),
          // An answer that got lost is given up, and whoever waits asks again.
          Map.entry("hazelcast.operation.call.timeout.millis", "10000"),
          Map.entry("hazelcast.wait.seconds.before.join", "0"),
          Map.entry("hazelcast.merge.first.run.delay.seconds", "5"),
          Map.entry("hazelcast.merge.next.run.delay.seconds", "5"),
          Map.entry("hazelcast.partition.count", "23"),
          Map.entry("hazelcast.metrics.enabled", "false"),
          Map.entry("hazelcast.io.thread.count", "1"),
          Map.entry("hazelcast.phone.home.enabled", "false"),
          Map.entry("hazelcast.logging.type", "slf4j"),
          Map.entry("hazelcast.shutdownhook.enabled", "false"),
          Map.entry("hazelcast.socket.bind.any", "false"));

  private static final int LEAD_AFTER_SECONDS = 2;

  private HazelcastSetup() {}

  static Config of(ClusterConfig config, Member self) {
    // What Vert.x brings as XML, which takes a second to be read: who listens to what, and where
    // nodes are.
    var hazelcast = new Config();
    hazelcast.addMultiMapConfig(
        new MultiMapConfig("__vertx.subs").setValueCollectionType(ValueCollectionType.SET));
    PROPERTIES.forEach(hazelcast::setProperty);
    hazelcast.setClusterName("vespid");
    var attributes = hazelcast.getMemberAttributeConfig();
    attributes.setAttribute("id", self.id());
    attributes.setAttribute("name", self.name());
    attributes.setAttribute("routers", Integer.toString(self.routers()));
    attributes.setAttribute("edges", Integer.toString(self.edges()));
    attributes.setAttribute("sessions", Integer.toString(self.sessions()));
    attributes.setAttribute("runners", Integer.toString(self.runners()));
    // An endpoint for members and nobody else. On one that speaks every protocol the only thread
    // that writes turns in a circle while it connects to somebody who stands still, and sends the
    // others no heartbeats: they would take this member for gone, too.
    var endpoint = new ServerSocketEndpointConfig();
    endpoint.setPort(config.port()).setPortAutoIncrement(false);
    endpoint.setPublicAddress(config.host() + ":" + config.publicPort());
    endpoint.getInterfaces().setEnabled(true).addInterface(config.host());
    var network = hazelcast.getAdvancedNetworkConfig().setEnabled(true);
    network.setMemberEndpointConfig(endpoint);
    join(network.getJoin(), config);
    return hazelcast;
  }

  private static void join(JoinConfig join, ClusterConfig config) {
    join.getMulticastConfig().setEnabled(false);
    join.getAutoDetectionConfig().setEnabled(false);
    if (config.kubernetesService() == null) {
      // Members that start together ask each other for this long before one takes the lead.
      join.getTcpIpConfig()
          .setEnabled(true)
          .setMembers(config.members())
          .setConnectionTimeoutSeconds(LEAD_AFTER_SECONDS);
    } else {
      join.getKubernetesConfig()
          .setEnabled(true)
          .setProperty("service-dns", config.kubernetesService())
          .setProperty("service-port", Integer.toString(config.publicPort()));
    }
  }
}
