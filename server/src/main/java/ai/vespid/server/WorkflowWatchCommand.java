package ai.vespid.server;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Follows a run from its beginning to its end. */
@Command(
    name = "watch",
    description = "Shows what happens to a run until it is over; its end is the exit code.")
final class WorkflowWatchCommand implements Callable<Integer> {
  @Mixin private ChosenRun chosen;
  @Mixin private LiveOptions live;
  @Mixin private OrganizationCalls.Target target;
  @Spec private CommandSpec spec;

  private final Map<String, String> variables;

  WorkflowWatchCommand(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public Integer call() {
    try (var calls = target.open(variables)) {
      var view = live.view(calls, chosen.workflow(calls), spec.commandLine().getOut());
      return new RunWatch(calls, view).follow(chosen.path(calls));
    }
  }
}
