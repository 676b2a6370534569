package ai.vespid.bench;

import ai.vespid.bench.fault.FaultCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The benchmark program: one subcommand per scenario. It exits with 0 when every answer was right,
 * with 1 when one was not, and with 2 when it could not run.
 */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures any system that speaks Vespid's public protocol; checks every answer.",
    subcommands = {
      PipeCommand.class,
      SyncCommand.class,
      SyncLatencyCommand.class,
      AsyncCommand.class,
      StepsCommand.class,
      TurnCommand.class,
      StartCommand.class,
      FaultCommand.class,
      RouteCommand.class,
      ClusterCommand.class,
      IdleCommand.class,
      StormCommand.class,
      FairCommand.class
    })
public final class BenchCommand {
  private static final int COULD_NOT_RUN = 2;

  private BenchCommand() {}

  /** The program. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String... args) {
    return commandLine().execute(args);
  }

  static CommandLine commandLine() {
    return new CommandLine(new BenchCommand())
        .setExecutionExceptionHandler((failure, line, _) -> {
          line.getErr().println("bench: " + failure.getMessage());
          return COULD_NOT_RUN;
        });
  }
}
