package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sends one gateway away without anybody noticing: what SIGTERM does, from anywhere. */
@Command(
    name = "drain",
    description = "Lets one gateway of a cluster hand everything over and end.")
final class DrainCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "<node>", description = "its GATEWAY_NODE_NAME")
  private String node;

  @Option(
      names = "--gateway",
      defaultValue = "http://localhost:3002",
      description = "any gateway of the cluster (default ${DEFAULT-VALUE})")
  private String gateway;

  @Spec private CommandSpec spec;

  private final Map<String, String> environment;

  DrainCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    var token = environment.get("GATEWAY_SERVICE_TOKEN");
    if (token == null) throw new ConfigurationException("set GATEWAY_SERVICE_TOKEN");
    try (var calls = new Calls(token)) {
      var answer = calls.post(gateway + "/internal/v1/nodes/" + node + "/drain", new JsonObject());
      if (answer.status() == 202) {
        spec.commandLine().getOut().println(node + " drains");
        return 0;
      }
      throw new ConfigurationException(
          "%s was not asked to drain: %s".formatted(node, answer.body().encode()));
    }
  }
}
