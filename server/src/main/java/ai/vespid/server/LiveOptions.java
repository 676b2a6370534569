package ai.vespid.server;

import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import picocli.CommandLine.Option;

/** How a run is shown: its nodes live on a terminal, a line for each event everywhere else. */
final class LiveOptions {
  @Option(
      names = "--events",
      description = "a line for each event, as where the output is no terminal")
  private boolean events;

  RunView view(OrganizationCalls calls, String workflowId, PrintWriter out) {
    var console = System.console();
    if (events || console == null || !console.isTerminal()) return new RunLines(out);
    var dsl = calls.get("/workflows/" + workflowId).getJsonObject("workflow");
    boolean colours = System.getenv("NO_COLOR") == null;
    boolean marks = console.charset().equals(StandardCharsets.UTF_8);
    var look = new RunBoard.Look(colours, marks);
    var name = dsl.getString("name");
    var board = new RunBoard(name, dsl.getJsonObject("dsl", new JsonObject()), look);
    return new RunScreen(out, board, InstantSource.system());
  }
}
