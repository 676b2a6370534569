package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How a node finds the others; without members and without a Kubernetes service it is alone.
 *
 * @param host the address of this node on the private network between gateways
 * @param port of the membership protocol
 * @param publicPort the port others reach {@code port} at, when something stands between
 * @param members {@code host:port} of some nodes; those that are up are enough
 * @param kubernetesService a headless service whose addresses are the members, or null
 * @param busPort of messages between nodes; 0 takes a free one
 * @param busPublicPort the port others reach {@code busPort} at
 */
record ClusterConfig(
    String host,
    int port,
    int publicPort,
    List<String> members,
    String kubernetesService,
    int busPort,
    int busPublicPort) {
  private static final int PORT_BY_DEFAULT = 5701;

  static ClusterConfig of(String file, JsonObject node, JsonObject cluster) {
    int port = port(file, cluster, "port", PORT_BY_DEFAULT);
    int busPort = port(file, cluster, "busPort", 0);
    return new ClusterConfig(
        cluster.getString("host", node.getString("host", "127.0.0.1")),
        port,
        port(file, cluster, "publicPort", port),
        members(file, cluster.getValue("members")),
        cluster.getString("kubernetesService"),
        busPort,
        port(file, cluster, "busPublicPort", busPort));
  }

  boolean alone() {
    return members.isEmpty() && kubernetesService == null;
  }

  private static int port(String file, JsonObject cluster, String key, int byDefault) {
    if (cluster.getValue(key, byDefault) instanceof Integer port && port >= 0 && port <= 65_535) {
      return port;
    }
    throw new ConfigurationException(file + ": cluster." + key + " must be a port");
  }

  // A list in JSON, a comma-separated text from the environment.
  private static List<String> members(String file, Object value) {
    var members =
        switch (value) {
          case null -> List.<String>of();
          case String text ->
              Arrays.stream(text.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList();
          case Iterable<?> list -> {
            var texts = new ArrayList<String>();
            list.forEach(member -> texts.add(String.valueOf(member)));
            yield texts;
          }
          default -> throw new ConfigurationException(file + ": cluster.members must be a list");
        };
    for (var member : members) {
      if (!member.matches("[A-Za-z0-9._-]+(:\\d{1,5})?")) {
        throw new ConfigurationException(
            file + ": cluster.members must be host:port, and this is not: " + member);
      }
    }
    return List.copyOf(members);
  }
}
