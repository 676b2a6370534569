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
      int rounds = load.rounds(1);
      for (int count : callers) {
        var measured = new ArrayList<Measured>();
        for (int round = 0; round < rounds; round++) {
          measured.add(run(generator, pipe, count, load.pace(round), load.payload()));
        }
        var setting = new Figures.Setting("pipe", "V", count, agents, rounds);
        results.add(Figures.of(setting, Measured.median(measured), null, null, report));
      }
    }
    return report.report(spec.commandLine().getOut(), results);
  }

  static Measured run(Generator generator, Pipe pipe, int callers, Pace pace, Payload payload) {
    var work = new PipeWork(pipe.endpoint(), payload);
    var loop = new ClosedLoop(generator, pipe.endpoint(), work, callers, pace);
    return generator.await(pace.boundSeconds(), loop::run).measured();
  }
}
