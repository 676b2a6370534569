package ai.vespid.server;

import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks for the end of a run. */
@Command(
    name = "cancel",
    description = "Ends a run as failed with RUN_CANCELED; what agents already do is not stopped.")
final class WorkflowCancelCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "<workflow>", description = "its id or its name")
  private String workflow;

  @Parameters(index = "1", paramLabel = "<run>", description = "the run's id")
  private String run;

  @Mixin private OrganizationCalls.Target target;
  @Spec private CommandSpec spec;

  private final Map<String, String> variables;

  WorkflowCancelCommand(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public Integer call() {
    try (var calls = target.open(variables)) {
      var id = WorkflowFinder.published(calls, workflow);
      calls.post("/workflows/" + id + "/runs/" + run + "/cancel", new JsonObject());
      var out = spec.commandLine().getOut();
      out.println("run " + run + " is asked to end");
      out.flush();
      return 0;
    }
  }
}
