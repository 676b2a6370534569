package ai.vespid.bench;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** What one run gave; latencies in milliseconds, rates per second. */
record Measured(
    double seconds,
    double rate,
    double p50,
    double p99,
    double p999,
    double max,
    Double acceptRate,
    Double acceptP99,
    long errors,
    long wrong,
    Map<String, Long> reasons,
    Cpu cpu) {

  /** Medians over rounds of one configuration; the maximum is the worst, flaws are added up. */
  static Measured median(List<Measured> rounds) {
    var reasons = new TreeMap<String, Long>();
    for (var round : rounds) round.reasons.forEach((r, n) -> reasons.merge(r, n, Long::sum));
    boolean async = rounds.getFirst().acceptRate != null;
    return new Measured(
        rounds.stream().mapToDouble(Measured::seconds).sum(),
        middle(rounds, Measured::rate),
        middle(rounds, Measured::p50),
        middle(rounds, Measured::p99),
        middle(rounds, Measured::p999),
        rounds.stream().mapToDouble(Measured::max).max().orElse(0),
        async ? middle(rounds, Measured::acceptRate) : null,
        async ? middle(rounds, Measured::acceptP99) : null,
        rounds.stream().mapToLong(Measured::errors).sum(),
        rounds.stream().mapToLong(Measured::wrong).sum(),
        reasons,
        rounds.stream().map(Measured::cpu).reduce(Cpu.NONE, Cpu::plus));
  }

  static <T> double middle(List<T> values, ToDoubleFunction<T> of) {
    var sorted = values.stream().map(of::applyAsDouble).sorted(Comparator.naturalOrder()).toList();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }
}
