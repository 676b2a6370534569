package ai.vespid.bench;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a scenario found, as named figures, some with a mark to reach. Printed as one JSON line and
 * a table; a missed mark, like an answer that was wrong, makes the scenario fail.
 */
final class Sheet {
  static final String HEAD =
      """
      | date | commit | scenario | what | figure | mark |
      | --- | --- | --- | --- | --- | --- |
      """;

  private final String scenario;
  private final Map<String, Object> figures = new LinkedHashMap<>();
  private final Map<String, String> marks = new LinkedHashMap<>();
  private final List<String> missed = new ArrayList<>();

  Sheet(String scenario) {
    this.scenario = scenario;
  }

  void put(String what, Object figure) {
    figures.put(what, figure instanceof Double number ? round(number) : figure);
  }

  /** A figure that must not be greater. */
  void most(String what, double figure, double max) {
    mark(what, figure, "<= " + text(max), figure <= max);
  }

  /** A figure that must not be less. */
  void least(String what, double figure, double min) {
    mark(what, figure, ">= " + text(min), figure >= min);
  }

  // A figure that is none reaches no mark.
  private void mark(String what, double figure, String mark, boolean reached) {
    put(what, figure == Math.rint(figure) ? (Object) (long) figure : figure);
    marks.put(what, mark);
    if (!reached) missed.add(what + " is " + text(figure) + ", not " + mark);
  }

  /** Answers of a load: how many, and that none of them may be wrong or missing. */
  void answers(String load, Measured measured) {
    put(load + "Rate", measured.rate());
    put(load + "P50Ms", measured.p50());
    put(load + "P99Ms", measured.p99());
    put(load + "MaxMs", measured.max());
    flaws(load, measured.errors() + measured.wrong(), measured.reasons());
  }

  /** Answers that were wrong or missing; there must be none. */
  void flaws(String load, long count, Map<String, Long> reasons) {
    most(load + "Flaws", count, 0);
    if (count > 0) put(load + "Reasons", reasons);
  }

  /**
   * Prints, and appends.
   *
   * @return the exit code: 0 when every mark was reached
   */
  int report(PrintWriter out, ReportOptions report) {
    var line = new LinkedHashMap<String, Object>();
    line.put("scenario", scenario);
    line.putAll(figures);
    line.put("missed", missed);
    if (report.commit() != null) line.put("commit", report.commit());
    line.put("date", report.date());
    report.print(out, List.of(line), HEAD, rows(report));
    missed.forEach(out::println);
    out.flush();
    return missed.isEmpty() ? 0 : 1;
  }

  private List<String> rows(ReportOptions report) {
    var commit = report.commit() == null ? "-" : report.commit();
    var front = "| " + report.date() + " | " + commit + " | " + scenario + " | ";
    return figures.entrySet().stream()
        .map(figure ->
            front
                + figure.getKey()
                + " | "
                + (figure.getValue() instanceof Double number ? text(number) : figure.getValue())
                + " | "
                + marks.getOrDefault(figure.getKey(), "-")
                + " |")
        .toList();
  }

  private static String text(double number) {
    return number == Math.rint(number) && Math.abs(number) < 1e12
        ? String.format(Locale.ROOT, "%,d", (long) number)
        : String.format(Locale.ROOT, "%,.3f", number);
  }

  private static double round(double number) {
    return Double.isFinite(number) ? Math.round(number * 1e3) / 1e3 : -1;
  }
}
