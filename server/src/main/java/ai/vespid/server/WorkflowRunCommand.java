package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Starts a run. */
@Command(
    name = "run",
    description = "Starts a run of a published workflow; with --watch its end is the exit code.")
final class WorkflowRunCommand implements Callable<Integer> {
  @Parameters(paramLabel = "<workflow>", description = "its id or its name")
  private String workflow;

  @Option(names = "--input", description = "any JSON")
  private String input;

  @Option(names = "--watch", description = "shows what happens until the run is over")
  private boolean watch;

  @Mixin private LiveOptions live;
  @Mixin private OrganizationCalls.Target target;
  @Spec private CommandSpec spec;

  private final Map<String, String> variables;

  WorkflowRunCommand(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public Integer call() {
    var body = new JsonObject();
    if (input != null) body.put("input", value());
    try (var calls = target.open(variables)) {
      var id = WorkflowFinder.published(calls, workflow);
      var run = calls.post("/workflows/" + id + "/runs", body).getJsonObject("run").getString("id");
      var out = spec.commandLine().getOut();
      out.println("run " + run + " of workflow " + id);
      out.flush();
      if (!watch) return 0;
      var path = "/workflows/" + id + "/runs/" + run;
      return new RunWatch(calls, live.view(calls, id, out)).follow(path);
    }
  }

  private Object value() {
    try {
      return Json.decodeValue(input);
    } catch (DecodeException e) {
      throw new ConfigurationException("--input is no JSON");
    }
  }
}
