package ai.vespid.server;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Follows a run from its beginning to its end. */
@Command(
    name = "watch",
    description = "Shows what happens to a run until it is over; its end is the exit code.")
final class WorkflowWatchCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "<workflow>", description = "its id or its name")
  private String workflow;

  @Parameters(index = "1", paramLabel = "<run>", description = "the run's id")
  private String run;

  @Mixin private OrganizationCalls.Target target;
  @Spec private CommandSpec spec;

  private final Map<String, String> variables;

  WorkflowWatchCommand(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public Integer call() {
    try (var calls = target.open(variables)) {
      var id = WorkflowFinder.published(calls, workflow);
      return new RunWatch(calls, spec.commandLine().getOut()).follow(id, run);
    }
  }
}
