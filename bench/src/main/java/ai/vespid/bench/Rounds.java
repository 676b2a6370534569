package ai.vespid.bench;

import java.util.ArrayList;
import java.util.function.Function;

/**
 * Repeats a measurement, alternating with the bare pipe where there is one, and takes medians. Only
 * ratios of one run mean something on a machine that others use too.
 */
final class Rounds {
  private static final int BESIDE_PIPE = 5;

  private final Generator generator;
  private final LoadOptions load;
  private final ReportOptions report;
  private final Pipe pipe;

  /** A null {@code pipe} means: measure without one. */
  Rounds(Generator generator, LoadOptions load, ReportOptions report, Pipe pipe) {
    this.generator = generator;
    this.load = load;
    this.report = report;
    this.pipe = pipe;
  }

  /** What is measured. The pipe beside it is driven by as many callers. */
  record Subject(String scenario, String durability, int callers, int agents) {}

  Figures measure(Subject subject, Function<Pace, Measured> round) {
    int count = load.rounds(pipe == null ? 1 : BESIDE_PIPE);
    var measured = new ArrayList<Measured>();
    var pipes = new ArrayList<Double>();
    var shares = new ArrayList<Double>();
    for (int i = 0; i < count; i++) {
      var pace = load.pace(i);
      if (pipe != null) pipes.add(pipe(pipe, subject.callers(), pace).rate());
      measured.add(round.apply(pace));
      if (pipe != null) shares.add(measured.getLast().rate() / pipes.getLast());
    }
    return Figures.of(
        subject,
        count,
        Measured.median(measured),
        pipe == null ? null : Measured.middle(pipes, Double::doubleValue),
        pipe == null ? null : Measured.middle(shares, Double::doubleValue),
        report);
  }

  /** One round of the bare pipe. */
  Measured pipe(Pipe which, int callers, Pace pace) {
    var work = new PipeWork(which.endpoint(), load.payload());
    var loop = new ClosedLoop(generator, which.endpoint(), work, callers, pace);
    return generator.await(pace.boundSeconds(), loop::run).measured();
  }
}
