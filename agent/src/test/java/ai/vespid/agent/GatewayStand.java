package ai.vespid.agent;

import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A gateway for an agent that is installed somewhere: writes the agent's config file to its first
 * argument, and then has the agent run each line of its input and prints how that ended, until
 * there is no more.
 */
public final class GatewayStand {
  private static final long AGENT_MAX_MS = 600_000;

  private GatewayStand() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    try (var gateway = new TestGateway();
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      var file = Path.of(arguments[0]);
      var made = Files.createTempFile(file.toAbsolutePath().getParent(), "agent", ".json");
      Files.writeString(
          made,
          """
          {"executorId": "%s", "executorToken": "%s", "organizationId": "%s", "gatewayWsUrl": "%s"}
          """
              .formatted(
                  TestGateway.EXECUTOR,
                  TestGateway.TOKEN,
                  TestGateway.ORGANIZATION,
                  gateway.url()));
      Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
      int number = 0;
      gateway.next(Hello.class, AGENT_MAX_MS);
      for (var line = input.readLine(); line != null; line = input.readLine()) {
        System.out.println("result " + run(gateway, "task-" + ++number, line));
      }
    }
  }

  private static String run(TestGateway gateway, String id, String script)
      throws InterruptedException {
    gateway.send(TestGateway.shell(id, 1, script));
    var result = gateway.next(ToolResult.class);
    gateway.acknowledge(result);
    return result.status() + " " + result.output().text();
  }
}
