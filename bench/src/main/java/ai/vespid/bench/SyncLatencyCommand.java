package ai.vespid.bench;

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
    try (var generator = new Generator()) {
      var fleet = target.connect(generator, credentials);
      var dispatches = target.dispatchesOf(credentials.getFirst());
      var work =
          new DispatchWork(
              dispatches, SyncCommand.PATH, generator.ids, load.payload(), load.timeoutMs());
      // There are no callers: nobody waits for an answer before the next request.
      var subject = new Rounds.Subject("sync-latency", "V", 0, agents);
      var figures =
          new Rounds(generator, load, report, null)
              .measure(
                  subject,
                  pace -> {
                    var loop = new OpenLoop(generator, dispatches.gateway(), work, rate, pace);
                    return fleet.measure(generator, pace, loop::run);
                  });
      generator.run(fleet::close);
      return report.report(spec.commandLine().getOut(), List.of(figures));
    }
  }
}
