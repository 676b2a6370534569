package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line of the server. */
@Command(
    name = "vespid",
    description = "The gateway between workflows and the agents that do the work.",
    mixinStandardHelpOptions = true,
    version = "vespid 0.1.0")
public final class VespidCommand implements Callable<Integer> {
  private static final int EXIT_CONFIGURATION = 2;
  private static final Set<String> LEVELS = Set.of("error", "warn", "info", "debug", "trace");

  @Spec private CommandSpec spec;

  private VespidCommand() {}

  public static void main(String[] arguments) {
    var environment = System.getenv();
    // Java keeps no classes as old as the parser's from one start to the next, so reading this one
    // word with it would take a fifth of a gateway's start.
    boolean plain = arguments.length == 1 && arguments[0].equals("serve");
    System.exit(plain ? serve(environment) : commandLine(environment).execute(arguments));
  }

  private static int serve(Map<String, String> environment) {
    try {
      setLogLevel(environment);
      return new ServeCommand(environment).call();
    } catch (RuntimeException e) {
      return report(e, new PrintWriter(System.err));
    }
  }

  /** The command line over an environment, for tests too. */
  static CommandLine commandLine(Map<String, String> environment) {
    var line =
        new CommandLine(new VespidCommand())
            .addSubcommand(new UpCommand(environment))
            .addSubcommand(new ServeCommand(environment))
            .addSubcommand(new StoresCommand(environment, System.in))
            .addSubcommand(new TrainCommand(environment))
            .addSubcommand(new DemoCommand(environment))
            .addSubcommand(new ChatCommand(environment, System.in))
            .addSubcommand(new DrainCommand(environment))
            .addSubcommand(
                new CommandLine(new WorkflowCommand())
                    .addSubcommand(new WorkflowApplyCommand(environment))
                    .addSubcommand(new WorkflowRunCommand(environment))
                    .addSubcommand(new WorkflowWatchCommand(environment))
                    .addSubcommand(new WorkflowCancelCommand(environment)))
            .addSubcommand(
                new CommandLine(new SecretsCommand())
                    .addSubcommand(new SecretsRotateCommand(environment)))
            .addSubcommand(new SettingsCommand())
            .addSubcommand(new VersionCommand());
    line.setExecutionStrategy(parsed -> {
      try {
        setLogLevel(environment);
      } catch (ConfigurationException e) {
        return report(e, parsed.commandSpec().commandLine().getErr());
      }
      return new CommandLine.RunLast().execute(parsed);
    });
    line.setExecutionExceptionHandler((cause, where, _) -> report(cause, where.getErr()));
    return line;
  }

  private static int report(Exception cause, PrintWriter err) {
    if (cause instanceof ConfigurationException) {
      err.println("vespid: " + cause.getMessage());
      err.flush();
      return EXIT_CONFIGURATION;
    }
    LoggerFactory.getLogger(VespidCommand.class).atError().setCause(cause).log("unexpected");
    return 1;
  }

  private static void setLogLevel(Map<String, String> environment) {
    var level = environment.getOrDefault("GATEWAY_LOG_LEVEL", "info");
    if (!LEVELS.contains(level)) {
      throw new ConfigurationException(
          "GATEWAY_LOG_LEVEL must be one of %s: %s"
              .formatted(String.join(", ", new TreeSet<>(LEVELS)), level));
    }
    if (LoggerFactory.getLogger("ai.vespid") instanceof Logger logger) {
      logger.setLevel(Level.toLevel(level));
    }
  }

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getOut());
    return EXIT_CONFIGURATION;
  }

  /** Prints the table for the README. */
  @Command(name = "settings", description = "Prints every environment variable it reads.")
  static final class SettingsCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      spec.commandLine().getOut().print(EnvironmentTable.markdown());
      spec.commandLine().getOut().flush();
      return 0;
    }
  }

  /** Prints what runs. */
  @Command(name = "version", description = "Prints the version of Vespid and of Java.")
  static final class VersionCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      spec.commandLine().getOut().println("vespid 0.1.0, Java " + Runtime.version());
      spec.commandLine().getOut().flush();
      return 0;
    }
  }
}
