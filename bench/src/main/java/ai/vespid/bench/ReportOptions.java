package ai.vespid.bench;

import ai.vespid.protocol.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Where results go: a JSON line each and one table on standard output, and a file if wanted. */
final class ReportOptions {
  static final String HEAD =
      """
      | date | commit | scenario | class | callers | agents | rate /s | accepted /s | p50 ms | p99 ms | p99.9 ms | max ms | of pipe | errors | wrong | CPU s gen / others | run |
      | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
      """;

  @Option(names = "--append", description = "append each result as a row to this Markdown file")
  private Path append;

  @Option(names = "--commit", description = "what was measured, for the results")
  private String commit;

  String commit() {
    return commit;
  }

  String date() {
    return LocalDate.now(ZoneOffset.UTC).toString();
  }

  /**
   * Prints, and appends.
   *
   * @return the exit code: 0 when every answer was right
   */
  int report(PrintWriter out, List<Figures> results) {
    print(out, results, HEAD, results.stream().map(ReportOptions::row).toList());
    results.stream().filter(f -> !f.isRight()).forEach(f -> out.println(f.reasons()));
    out.flush();
    return results.stream().allMatch(Figures::isRight) ? 0 : 1;
  }

  /** Prints results and the rows of their table, and appends these. */
  void print(PrintWriter out, List<?> results, String head, List<String> rows) {
    for (var figures : results)
      out.println(new String(Json.write(figures), StandardCharsets.UTF_8));
    out.println();
    out.print(head);
    rows.forEach(out::println);
    out.flush();
    if (append != null) append(head, rows);
  }

  private void append(String head, List<String> rows) {
    try {
      if (append.getParent() != null) Files.createDirectories(append.getParent());
      var text = Files.exists(append) ? Files.readString(append) : "";
      Files.writeString(append, withRows(text, head, rows));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The rows stand at the end of the table with this head, which is begun if there is none. */
  static String withRows(String text, String head, List<String> rows) {
    var added = String.join("\n", rows) + "\n";
    int begin = text.indexOf(head);
    if (begin < 0) return text + (text.isEmpty() ? "" : "\n") + head + added;
    int end = begin + head.length();
    while (text.startsWith("|", end)) {
      int newline = text.indexOf('\n', end);
      if (newline < 0) return text + "\n" + added;
      end = newline + 1;
    }
    return text.substring(0, end) + added + text.substring(end);
  }

  private static String row(Figures f) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %s | %d | %d | %,.0f | %s | %.2f | %.2f | %.2f | %.2f | %s | %d | %d | %.1f / %.1f | %d x %.0f s |",
        f.date(),
        f.commit() == null ? "-" : f.commit(),
        f.scenario(),
        f.durability(),
        f.callers(),
        f.agents(),
        f.rate(),
        f.acceptRate() == null ? "-" : String.format(Locale.ROOT, "%,.0f", f.acceptRate()),
        f.p50Ms(),
        f.p99Ms(),
        f.p999Ms(),
        f.maxMs(),
        f.shareOfPipe() == null
            ? "-"
            : String.format(Locale.ROOT, "%.0f %% of %,.0f", f.shareOfPipe() * 100, f.pipeRate()),
        f.errors(),
        f.wrong(),
        f.generatorCpuS(),
        f.othersCpuS(),
        f.rounds(),
        f.seconds() / f.rounds());
  }
}
