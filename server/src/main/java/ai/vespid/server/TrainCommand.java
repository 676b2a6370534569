package ai.vespid.server;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/**
 * A training run for Java's AOT cache: two gateways on stores of their own find each other, serve,
 * and end. The build keeps what Java learned of them beside the server's jar, so that the first
 * start of a build is as short as the later ones, and so is that of a cluster.
 */
@Command(
    name = "train",
    hidden = true,
    description = "Starts a cluster in VESPID_HOME and ends it, for Java to learn from.")
final class TrainCommand implements Callable<Integer> {
  private static final String HERE = "127.0.0.1";

  private final Map<String, String> variables;

  TrainCommand(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public Integer call() {
    var home = Home.of(variables);
    try (var startup = new Startup()) {
      startup.opened(home.lock());
      var environment = new HashMap<>(Secrets.loadOrCreate(home));
      var stores = startup.opened(new StorePair(home, environment.get(Secrets.REDIS_PASSWORD)));
      stores.start();
      environment.put("DATABASE_URL", stores.postgres().url());
      environment.put("REDIS_URL", stores.redis().url());
      var schema = begin(() -> Startup.migrate(environment));
      var members = List.of(freePort(), freePort());
      environment.put(
          "CLUSTER_MEMBERS", HERE + ":" + members.get(0) + "," + HERE + ":" + members.get(1));
      var started =
          members.stream()
              .map(port -> begin(() -> serve(startup, environment, schema, port)))
              .toList();
      started.forEach(CompletableFuture::join);
    }
    return 0;
  }

  private static CompletableFuture<Void> begin(Runnable task) {
    return CompletableFuture.runAsync(task, Thread::startVirtualThread);
  }

  private static void serve(
      Startup startup, Map<String, String> shared, CompletableFuture<?> schema, int clusterPort) {
    var environment = new HashMap<>(shared);
    environment.put("GATEWAY_NODE_NAME", "gw-" + clusterPort);
    environment.put("CLUSTER_HOST", HERE);
    environment.put("CLUSTER_PORT", Integer.toString(clusterPort));
    Stream.of("API", "GATEWAY", "ENGINE_RUNNER")
        .forEach(port -> environment.put(port + "_PORT", Integer.toString(freePort())));
    Stream.of("API", "GATEWAY").forEach(host -> environment.put(host + "_HOST", HERE));
    var complete = Secrets.complete(environment);
    var config = ServerConfig.read(Startup.configFile(complete), complete, Server.catalogue());
    startup.serve(config, complete, schema);
    try (var calls = new Calls(complete.get("GATEWAY_SERVICE_TOKEN"))) {
      var nodes = calls.get(complete.get("GATEWAY_HTTP_URL") + "/internal/v1/nodes");
      if (nodes.status() != 200) {
        throw new IllegalStateException("the gateway answered " + nodes.status());
      }
    }
  }

  private static int freePort() {
    return PostgresStore.freePort(0);
  }
}
