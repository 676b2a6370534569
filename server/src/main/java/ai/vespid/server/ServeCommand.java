package ai.vespid.server;

import java.nio.file.Files;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The server alone, for whoever runs the stores and keeps the secrets elsewhere. */
@Command(
    name = "serve",
    description = "Runs the server with the stores and secrets of the environment.")
final class ServeCommand implements Callable<Integer> {
  @Option(names = "--skip-migrations", description = "the database is migrated already")
  private boolean skipMigrations;

  private final Map<String, String> variables;

  ServeCommand(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public Integer call() {
    var file = Startup.configFile(variables);
    boolean stores = !Files.isReadable(file) || NodeStores.neededBy(ServerConfig.verticles(file));
    var environment = stores ? Secrets.complete(variables) : variables;
    var config = ServerConfig.read(file, environment, Server.catalogue());
    try (var startup = new Startup()) {
      // While the cluster is joined, which is mostly waiting.
      boolean migrates = stores && !skipMigrations;
      var schema =
          CompletableFuture.runAsync(
              migrates ? () -> Startup.migrate(environment) : () -> {}, Thread::startVirtualThread);
      startup.serve(config, environment, schema);
      return startup.await();
    }
  }
}
