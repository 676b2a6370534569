package ai.vespid.server;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Workflows from the command line, over the control API as anybody else. */
@Command(name = "workflow", description = "Workflows: apply a file, run it, watch or cancel a run.")
final class WorkflowCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getOut());
    return 2;
  }
}
