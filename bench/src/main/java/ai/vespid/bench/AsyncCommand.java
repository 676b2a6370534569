package ai.vespid.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Rate of asynchronous dispatches, accepted and read back. */
@Command(
    name = "async",
    description = "POST dispatch-async in a bounded window; every accepted result is read back.")
final class AsyncCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private TargetOptions target;
  @Mixin private LoadOptions load;
  @Mixin private ReportOptions report;

  @Option(names = "--callers", split = ",", defaultValue = "64")
  private List<Integer> callers;

  @Option(names = "--readers", defaultValue = "32", description = "connections that read results")
  private int readers;

  @Option(names = "--window", defaultValue = "1000", description = "accepted but not read back")
  private int window;

  @Option(names = "--agents", defaultValue = "10")
  private int agents;

  @Option(
      names = "--durability",
      defaultValue = "D",
      description = "D, or V for a system that does not commit")
  private String durability;

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
      var work = new AsyncWork(dispatches, generator.ids, load.payload(), load.timeoutMs());
      var rounds = new Rounds(generator, load, report, pipe);
      for (int count : callers) {
        var subject = new Rounds.Subject("async", durability, count, agents);
        var size = new AsyncLoop.Size(count, readers, window);
        results.add(
            rounds.measure(
                subject,
                pace -> {
                  var loop = new AsyncLoop(generator, fleet, work, size, pace);
                  return fleet.measure(generator, pace, loop::run);
                }));
      }
      generator.run(fleet::close);
    }
    return report.report(spec.commandLine().getOut(), results);
  }
}
