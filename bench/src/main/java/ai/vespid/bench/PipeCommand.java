package ai.vespid.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The physical ceiling of this machine. */
@Command(
    name = "pipe",
    description = "The ceiling: HTTP request to one of N WebSocket echo clients and back, no more.")
final class PipeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private LoadOptions load;
  @Mixin private ReportOptions report;

  @Option(names = "--callers", split = ",", defaultValue = "1,8,64")
  private List<Integer> callers;

  @Option(names = "--agents", defaultValue = "10")
  private int agents;

  @Override
  public Integer call() {
    var results = new ArrayList<Figures>();
    try (var generator = new Generator();
        var pipe = Pipe.start(generator, agents, load.pipeHeap())) {
      var rounds = new Rounds(generator, load, report, null);
      for (int count : callers) {
        var subject = new Rounds.Subject("pipe", "V", count, agents);
        results.add(rounds.measure(subject, pace -> rounds.pipe(pipe, count, pace)));
      }
    }
    return report.report(spec.commandLine().getOut(), results);
  }
}
