package ai.vespid.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Peak rate of synchronous dispatches. */
@Command(
    name = "sync",
    description = "POST /internal/v1/dispatch, closed loop: each caller waits for its answer.")
final class SyncCommand implements Callable<Integer> {
  static final String PATH = "/internal/v1/dispatch";

  @Spec private CommandSpec spec;
  @Mixin private TargetOptions target;
  @Mixin private LoadOptions load;
  @Mixin private ReportOptions report;

  @Option(names = "--callers", split = ",", defaultValue = "1,8,64")
  private List<Integer> callers;

  @Option(names = "--agents", defaultValue = "10")
  private int agents;

  @Option(names = "--with-pipe", description = "rounds alternate with the bare pipe")
  private boolean withPipe;

  @Override
  public Integer call() {
    var credentials = target.credentials(agents);
    var results = new ArrayList<Figures>();
    try (var generator = new Generator();
        var pipe = withPipe ? Pipe.start(generator, agents, load.pipeHeap()) : null) {
      var fleet = target.connect(generator, credentials);
      var dispatches = target.dispatchesOf(credentials.getFirst());
      var work =
          new DispatchWork(dispatches, PATH, generator.ids, load.payload(), load.timeoutMs());
      for (int count : callers) {
        results.add(measure(new Run(generator, fleet, pipe, work, dispatches.gateway()), count));
      }
      generator.run(fleet::close);
    }
    return report.report(spec.commandLine().getOut(), results);
  }

  /** Everything that stays the same from round to round; {@code pipe} may be null. */
  private record Run(
      Generator generator, Fleet fleet, Pipe pipe, DispatchWork work, Endpoint gateway) {}

  private Figures measure(Run run, int count) {
    int rounds = load.rounds(run.pipe() == null ? 1 : 5);
    var measured = new ArrayList<Measured>();
    var pipes = new ArrayList<Double>();
    var shares = new ArrayList<Double>();
    for (int round = 0; round < rounds; round++) {
      var pace = load.pace(round);
      if (run.pipe() != null) {
        pipes.add(PipeCommand.run(run.generator(), run.pipe(), count, pace, load.payload()).rate());
      }
      measured.add(round(run, count, pace));
      if (run.pipe() != null) shares.add(measured.getLast().rate() / pipes.getLast());
    }
    var setting = new Figures.Setting("sync", "V", count, agents, rounds);
    var median = Measured.median(measured);
    if (run.pipe() == null) return Figures.of(setting, median, null, null, report);
    return Figures.of(
        setting,
        median,
        Measured.middle(pipes, Double::doubleValue),
        Measured.middle(shares, Double::doubleValue),
        report);
  }

  private static Measured round(Run run, int count, Pace pace) {
    var loop = new ClosedLoop(run.generator(), run.gateway(), run.work(), count, pace);
    var tally = run.generator().await(pace.boundSeconds(), loop::run);
    run.fleet().moveFlawsTo(tally);
    return tally.measured();
  }
}
