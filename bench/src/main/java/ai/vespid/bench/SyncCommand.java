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
      var rounds = new Rounds(generator, load, report, pipe);
      for (int count : callers) {
        var subject = new Rounds.Subject("sync", "V", count, agents);
        results.add(
            rounds.measure(
                subject,
                pace -> {
                  var loop = new ClosedLoop(generator, dispatches.gateway(), work, count, pace);
                  return fleet.measure(generator, pace, loop::run);
                }));
      }
      generator.run(fleet::close);
    }
    return report.report(spec.commandLine().getOut(), results);
  }
}
