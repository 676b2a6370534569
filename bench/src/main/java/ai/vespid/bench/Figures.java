package ai.vespid.bench;

import java.util.Map;

/**
 * One result as it is printed: the JSON line's fields in this order, absent ones left out.
 *
 * @param durability V in memory, D committed before the answer
 * @param shareOfPipe the rate as a part of the bare pipe's in the same run
 */
record Figures(
    String scenario,
    String durability,
    int callers,
    int agents,
    int rounds,
    double seconds,
    double rate,
    Double acceptRate,
    double p50Ms,
    double p99Ms,
    double p999Ms,
    double maxMs,
    Double acceptP99Ms,
    Double pipeRate,
    Double shareOfPipe,
    long errors,
    long wrong,
    Map<String, Long> reasons,
    double generatorCpuS,
    double othersCpuS,
    String commit,
    String date) {

  /** Rounds the numbers to what they are good for; absent ones are null. */
  static Figures of(
      Rounds.Subject setting,
      int rounds,
      Measured m,
      Double pipeRate,
      Double share,
      ReportOptions report) {
    return new Figures(
        setting.scenario(),
        setting.durability(),
        setting.callers(),
        setting.agents(),
        rounds,
        round(m.seconds(), 2),
        round(m.rate(), 1),
        m.acceptRate() == null ? null : round(m.acceptRate(), 1),
        round(m.p50(), 3),
        round(m.p99(), 3),
        round(m.p999(), 3),
        round(m.max(), 3),
        m.acceptP99() == null ? null : round(m.acceptP99(), 3),
        pipeRate == null ? null : round(pipeRate, 1),
        share == null ? null : round(share, 3),
        m.errors(),
        m.wrong(),
        m.reasons(),
        round(m.cpu().generator(), 2),
        round(m.cpu().others(), 2),
        report.commit(),
        report.date());
  }

  boolean isRight() {
    return errors == 0 && wrong == 0;
  }

  private static double round(double value, int digits) {
    double factor = Math.pow(10, digits);
    return Math.round(value * factor) / factor;
  }
}
