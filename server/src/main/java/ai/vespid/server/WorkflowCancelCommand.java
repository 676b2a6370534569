package ai.vespid.server;

import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Asks for the end of a run. */
@Command(
    name = "cancel",
    description = "Ends a run as failed with RUN_CANCELED; agents stop what they do for it.")
final class WorkflowCancelCommand implements Callable<Integer> {
  @Mixin private ChosenRun chosen;
  @Mixin private OrganizationCalls.Target target;
  @Spec private CommandSpec spec;

  private final Map<String, String> variables;

  WorkflowCancelCommand(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public Integer call() {
    try (var calls = target.open(variables)) {
      calls.post(chosen.path(calls) + "/cancel", new JsonObject());
      var out = spec.commandLine().getOut();
      out.println("run " + chosen.run() + " is asked to end");
      out.flush();
      return 0;
    }
  }
}
