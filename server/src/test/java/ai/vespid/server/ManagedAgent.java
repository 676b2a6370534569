package ai.vespid.server;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An agent of the managed pool, a process of its own. */
final class ManagedAgent {
  private ManagedAgent() {}

  /**
   * Starts it.
   *
   * @param folder has its files, and the program {@code claude}
   * @param issued what the gateway gave for it
   */
  static Process start(Path folder, JsonObject issued) throws IOException {
    var jar = jar("agent");
    var builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "-jar",
                jar.toString(),
                "start",
                "--pool",
                "managed",
                "--executor-id",
                issued.getString("executorId"),
                "--gateway-ws-url",
                issued.getString("gatewayWsUrl"))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("managed.log").toFile());
    var environment = builder.environment();
    environment.put("VESPID_AGENT_EXECUTOR_TOKEN", issued.getString("executorToken"));
    environment.put("VESPID_AGENT_CONFIG_PATH", folder.resolve("managed/agent.json").toString());
    environment.put("VESPID_AGENT_WORKDIR_ROOT", folder.resolve("managed/work").toString());
    environment.put(
        "VESPID_EXECUTOR_WORKSPACE_CACHE_ROOT", folder.resolve("managed/cache").toString());
    environment.put("VESPID_CLAUDE_CODE_PATH", folder.resolve("claude").toString());
    // Whose scripts run on this host is known here.
    environment.put("VESPID_AGENT_UNSAFE_MANAGED", "true");
    return builder.start();
  }

  private static Path jar(String module) throws IOException {
    try (var files = Files.list(Path.of("..", module, "target"))) {
      return files
          .filter(
              file -> file.getFileName().toString().matches(module + "-[0-9.]+(-SNAPSHOT)?.jar"))
          .findFirst()
          .orElseThrow();
    }
  }
}
