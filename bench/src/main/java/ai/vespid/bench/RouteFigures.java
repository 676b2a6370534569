package ai.vespid.bench;

import java.util.Locale;
import org.openjdk.jmh.util.Statistics;

/** One result of {@code route}; the order of the fields is that of the JSON line. */
record RouteFigures(
    String scenario,
    int agents,
    int tags,
    int tagsPerAgent,
    double meanUs,
    double p50Us,
    double p99Us,
    double p999Us,
    double maxUs,
    long samples,
    String commit,
    String date) {
  static final String HEAD =
      """
      | date | commit | scenario | agents | tags | tags per agent | mean µs | p50 µs | p99 µs | p99.9 µs | max µs | samples |
      | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
      """;

  /** What was chosen among. */
  record Fleet(int agents, int tags, int tagsPerAgent) {}

  /** From samples in microseconds. */
  static RouteFigures of(Fleet fleet, Statistics samples, ReportOptions report) {
    return new RouteFigures(
        "route",
        fleet.agents(),
        fleet.tags(),
        fleet.tagsPerAgent(),
        round(samples.getMean()),
        round(samples.getPercentile(50)),
        round(samples.getPercentile(99)),
        round(samples.getPercentile(99.9)),
        round(samples.getMax()),
        samples.getN(),
        report.commit(),
        report.date());
  }

  String row() {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %d | %d | %d | %.2f | %.2f | %.2f | %.2f | %,.0f | %,d |",
        date,
        commit == null ? "-" : commit,
        scenario,
        agents,
        tags,
        tagsPerAgent,
        meanUs,
        p50Us,
        p99Us,
        p999Us,
        maxUs,
        samples);
  }

  private static double round(double microseconds) {
    return Math.round(microseconds * 1e3) / 1e3;
  }
}
