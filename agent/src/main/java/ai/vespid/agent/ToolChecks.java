package ai.vespid.agent;

import ai.vespid.agent.engine.EngineSettings;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.mcp.McpTools;
import ai.vespid.agent.workspace.Deletion;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What can be wrong with the programs that think, and with those that give them tools. */
record ToolChecks(
    Configuration configuration, Map<String, String> environment, List<Finding> findings) {

  void run() {
    try {
      engines();
    } catch (IOException e) {
      fault("ENGINES_NOT_ASKED", "no folder can be made to ask them in", "see to /tmp");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    servers();
  }

  private void fault(String code, String what, String remedy) {
    findings.add(Finding.fault(code, what, remedy));
  }

  /** Asks every engine for its login, as the agent would. */
  private void engines() throws IOException, InterruptedException {
    var scratch = Files.createTempDirectory("vespid-doctor");
    try {
      var boot = "doctor-" + UUID.randomUUID();
      var engines =
          new NodeEngines(
              configuration.settings().engines(), boot, scratch.resolve("e"), environment::get);
      engines.probe();
      engines.states().forEach(this::engine);
    } finally {
      Deletion.of(scratch);
    }
  }

  private void engine(String name, String state) {
    switch (state) {
      case "cli_not_found" -> {
        // Nobody has all of them; only who named one expects it.
        EngineSettings.asked(configuration.values(), name)
            .ifPresent(variable ->
                fault(
                    "ENGINE_NOT_FOUND",
                    "the program of " + name + " is not there",
                    "install it, or mend " + variable));
      }
      case "unauthenticated" ->
          findings.add(
              Finding.note(
                  "ENGINE_WITHOUT_LOGIN",
                  name + " has no login: only nodes that bring a key run with it",
                  "log in with it as the agent's user, or set its key"));
      case "probe_timeout" ->
          fault(
              "ENGINE_SILENT",
              name + " does not say in time whether it has a login",
              "run it by hand, or set VESPID_ENGINE_AUTH_PROBE_TIMEOUT_MS higher");
      default -> {}
    }
  }

  private void servers() {
    configuration
        .settings()
        .mcpConfig()
        .map(file -> McpTools.problems(file, environment::get))
        .orElse(List.of())
        .forEach(problem -> {
          var told = problem.split(":", 2);
          fault(told[0], "MCP: " + told[told.length - 1].strip(), remedy(told[0]));
        });
  }

  private static String remedy(String code) {
    return switch (code) {
      case "MCP_ENV_NOT_SET" -> "set this variable for the agent, or take it out of the file";
      case "MCP_PROGRAM_NOT_FOUND" -> "install it, or name it by its path";
      default -> "mend the file that VESPID_AGENT_MCP_CONFIG names";
    };
  }
}
