package ai.vespid.simulation;

import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Runs a range of seeds and says how many held; exits with 1 when one did not. A single seed is
 * told with its trace. With a mutant it ends at the first seed that finds it.
 */
@Command(
    name = "simulation",
    mixinStandardHelpOptions = true,
    description = "Runs seeds of the whole-system simulator.")
public final class SimulationCommand implements Callable<Integer> {
  private static final int FAILED_MAX = 20;

  @Option(names = "--seeds", description = "FROM..TO, both included (default: ${DEFAULT-VALUE})")
  private Range seeds = new Range(1, 2_000);

  @Option(
      names = "--mutant",
      split = ",",
      description = "leaves lines of safety out: ${COMPLETION-CANDIDATES}")
  private Set<Mutant> omitted = EnumSet.noneOf(Mutant.class);

  @Option(names = "--told-every", description = "seeds between two lines (default: 1000)")
  private int toldEvery = 1_000;

  @Option(names = "--bias", description = "which runs: ${COMPLETION-CANDIDATES}")
  private Plan.Bias bias = Plan.Bias.NONE;

  @Option(
      names = "--search",
      description = "tells of seeds of every kind which of the mutants they find")
  private boolean searches;

  @Spec private CommandSpec spec;

  private record Range(long from, long to) {
    static Range of(String text) {
      int dots = text.indexOf("..");
      if (dots < 0) return new Range(Long.parseLong(text), Long.parseLong(text));
      return new Range(
          Long.parseLong(text.substring(0, dots)), Long.parseLong(text.substring(dots + 2)));
    }

    @Override
    public String toString() {
      return from + ".." + to;
    }
  }

  /** The program. */
  public static void main(String[] args) {
    var line = new CommandLine(new SimulationCommand());
    System.exit(line.registerConverter(Range.class, Range::of).execute(args));
  }

  @Override
  public Integer call() {
    if (searches) return search();
    if (seeds.from() == seeds.to()) return explain(seeds.from());
    long begun = System.nanoTime();
    int failed = 0;
    int failedMax = omitted.isEmpty() ? FAILED_MAX : 1;
    for (long seed = seeds.from(); seed <= seeds.to() && failed < failedMax; seed++) {
      var violation = Simulation.run(seed, omitted, bias).violation();
      if (violation.isPresent()) {
        failed++;
        out().printf("seed %d: %s%n", seed, violation.get());
        out().flush();
      }
      long done = seed - seeds.from() + 1;
      if (done % toldEvery == 0 || seed == seeds.to()) tell(done, failed, begun);
    }
    return failed == 0 ? 0 : 1;
  }

  private int search() {
    var search = new MutantSearch(omitted.isEmpty() ? EnumSet.allOf(Mutant.class) : omitted);
    for (long seed = seeds.from(); seed <= seeds.to(); seed++) {
      for (var kind : Plan.Bias.values()) {
        long number = seed;
        search
            .least(seed, kind)
            .ifPresent(lines -> out().printf("seed %d, %s: %s%n", number, kind, lines));
      }
      out().flush();
    }
    return 0;
  }

  private void tell(long done, int failed, long begun) {
    long seconds = (System.nanoTime() - begun) / 1_000_000_000;
    out().printf("%,d seeds, %d failed, after %,d s%n", done, failed, seconds);
    out().flush();
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private int explain(long seed) {
    var outcome = Simulation.explain(seed, omitted, bias);
    out().println(outcome.trace());
    out()
        .printf(
            "%nseed %d, %,d events, %,d runs: %s%n",
            seed, outcome.events(), outcome.ran(), outcome.violation().orElse("holds"));
    out().flush();
    return outcome.violation().isEmpty() ? 0 : 1;
  }
}
