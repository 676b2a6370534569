package ai.vespid.bench;

import ai.vespid.protocol.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
    for (var figures : results)
      out.println(new String(Json.write(figures), StandardCharsets.UTF_8));
    out.println();
    out.print(HEAD);
    results.forEach(figures -> out.println(row(figures)));
    results.stream().filter(f -> !f.isRight()).forEach(f -> out.println(f.reasons()));
    out.flush();
    if (append != null) append(results);
    return results.stream().allMatch(Figures::isRight) ? 0 : 1;
  }

  private void append(List<Figures> results) {
    var text = new StringBuilder(Files.exists(append) ? "" : HEAD);
    results.forEach(figures -> text.append(row(figures)).append('\n'));
    try {
      if (append.getParent() != null) Files.createDirectories(append.getParent());
      Files.writeString(append, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
