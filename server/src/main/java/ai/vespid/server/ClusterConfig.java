package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

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
 * @param tls how messages between nodes are sealed, or null
 */
record ClusterConfig(
    String host,
    int port,
    int publicPort,
    List<String> members,
    String kubernetesService,
    int busPort,
    int busPublicPort,
    Tls tls) {
  /**
   * Files in PEM. Whoever has a certificate of the authority is one of us: it signs nobody else's.
   *
   * @param certificate this node's own
   * @param key of the certificate
   * @param authority that vouches for every node
   */
  record Tls(Path certificate, Path key, Path authority) {}

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
        port(file, cluster, "busPublicPort", busPort),
        tls(file, cluster));
  }

  boolean alone() {
    return members.isEmpty() && kubernetesService == null;
  }

  private static Tls tls(String file, JsonObject cluster) {
    var files =
        Stream.of("tlsCertFile", "tlsKeyFile", "tlsCaFile")
            .filter(cluster::containsKey)
            .map(key -> readable(file, key, cluster.getString(key)))
            .toList();
    if (files.isEmpty()) return null;
    if (files.size() == 3) return new Tls(files.get(0), files.get(1), files.get(2));
    throw new ConfigurationException(
        file + ": cluster.tlsCertFile, tlsKeyFile and tlsCaFile belong together");
  }

  private static Path readable(String file, String key, String name) {
    var path = Path.of(name);
    if (Files.isReadable(path)) return path;
    throw new ConfigurationException(file + ": cluster." + key + " cannot be read: " + name);
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
