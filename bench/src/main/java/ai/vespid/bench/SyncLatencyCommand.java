package ai.vespid.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Latency of synchronous dispatches at a fixed rate. */
@Command(
    name = "sync-latency",
    description = "POST /internal/v1/dispatch, open loop: latency from the intended start.")
final class SyncLatencyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private TargetOptions target;
  @Mixin private LoadOptions load;
  @Mixin private ReportOptions report;

  @Option(names = "--rate", defaultValue = "500", description = "requests per second")
  private double rate;

  @Option(names = "--agents", defaultValue = "10")
  private int agents;

  @Override
  public Integer call() {
    var credentials = target.credentials(agents);
    var measured = new ArrayList<Measured>();
    int rounds = load.rounds(1);
    try (var generator = new Generator()) {
      var fleet = target.connect(generator, credentials);
      var dispatches = target.dispatchesOf(credentials.getFirst());
      var work =
          new DispatchWork(
              dispatches, SyncCommand.PATH, generator.ids, load.payload(), load.timeoutMs());
      for (int round = 0; round < rounds; round++) {
        var pace = load.pace(round);
        var loop = new OpenLoop(generator, dispatches.gateway(), work, rate, pace);
        var tally = generator.await(pace.boundSeconds(), loop::run);
        fleet.moveFlawsTo(tally);
        measured.add(tally.measured());
      }
      generator.run(fleet::close);
    }
    // There are no callers: nobody waits for an answer before the next request.
    var setting = new Figures.Setting("sync-latency", "V", 0, agents, rounds);
    var figures = Figures.of(setting, Measured.median(measured), null, null, report);
    return report.report(spec.commandLine().getOut(), List.of(figures));
  }
}
