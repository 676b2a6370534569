package ai.vespid.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What a dispatch costs the router's directory. Alone among the scenarios it looks inside the
 * gateway: a few microseconds cannot be told apart from outside.
 */
@Command(
    name = "route",
    description = "JMH, in a process of its own: choose an executor by tag, hold it, release one.")
final class RouteCommand implements Callable<Integer> {
  /** By name, because the program knows nothing of the gateway. */
  private static final String BENCHMARK = "ai.vespid.gateway.dispatch.RouteBenchmark";

  private static final String UNSAFE_ALLOWED = "--sun-misc-unsafe-memory-access=allow";

  @Spec private CommandSpec spec;
  @Mixin private ReportOptions report;

  @Option(
      names = "--agents",
      split = ",",
      defaultValue = "10,1000,10000",
      description = "sizes of the fleet, each measured in turn")
  private List<Integer> agents;

  @Option(names = "--tags", defaultValue = "200", description = "different ones in the fleet")
  private int tags;

  @Option(names = "--tags-per-agent", defaultValue = "5")
  private int tagsPerAgent;

  @Option(names = "--seconds", defaultValue = "10", description = "measured, per size")
  private double seconds;

  @Option(names = "--warmup", defaultValue = "5", description = "seconds before, per size")
  private double warmup;

  @Override
  public Integer call() throws RunnerException {
    if (tagsPerAgent < 1 || tagsPerAgent > tags) {
      throw new IllegalArgumentException("--tags-per-agent must be from 1 to --tags");
    }
    var results = new ArrayList<RouteFigures>();
    for (int size : agents) results.add(measure(size));
    report.print(
        spec.commandLine().getOut(),
        results,
        RouteFigures.HEAD,
        results.stream().map(RouteFigures::row).toList());
    return 0;
  }

  private RouteFigures measure(int size) throws RunnerException {
    var options =
        new OptionsBuilder()
            .include(BENCHMARK)
            .param("agents", Integer.toString(size))
            .param("tags", Integer.toString(tags))
            .param("tagsPerAgent", Integer.toString(tagsPerAgent))
            .forks(1)
            // As the server is started.
            .jvmArgs("-XX:+UseParallelGC", "-Xmx512m", UNSAFE_ALLOWED)
            .warmupIterations(1)
            .warmupTime(milliseconds(warmup))
            .measurementIterations(1)
            .measurementTime(milliseconds(seconds))
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .build();
    RunResult result = new Runner(options).runSingle();
    return RouteFigures.of(
        new RouteFigures.Fleet(size, tags, tagsPerAgent),
        result.getPrimaryResult().getStatistics(),
        report);
  }

  private static TimeValue milliseconds(double seconds) {
    return TimeValue.milliseconds(Math.max(1, Math.round(seconds * 1000)));
  }
}
