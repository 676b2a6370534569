package ai.vespid.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What is alive on the heap of another Java process, by {@code jcmd}, which collects it first. */
final class LiveHeap {
  private static final int CLASSES_SHOWN = 8;
  private static final long SECONDS_MAX = 60;

  private LiveHeap() {}

  /** One class and the bytes of its instances. */
  private record Line(String name, long instances, long bytes) {}

  /**
   * Bytes in use after a full collection, and what most of them are.
   *
   * @param top the classes with most bytes, for whoever wants to know why
   */
  record Census(long bytes, List<String> top) {}

  static Census of(long pid) {
    var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    try {
      // Into a file: who waits for the end of a pipe cannot give up.
      var said = Files.createTempFile("vespid-heap-", ".txt");
      try {
        run(new ProcessBuilder(jcmd, Long.toString(pid), "GC.class_histogram"), said);
        return parse(Files.readString(said));
      } finally {
        Files.delete(said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("jcmd, which a JDK has, cannot be run", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static void run(ProcessBuilder jcmd, Path output)
      throws IOException, InterruptedException {
    var process = jcmd.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("jcmd did not answer in " + SECONDS_MAX + " s");
    }
    if (process.exitValue() != 0) {
      throw new IllegalStateException("jcmd: " + Files.readString(output).strip());
    }
  }

  static Census parse(String histogram) {
    var lines =
        histogram
            .lines()
            .map(line -> line.strip().split("\\s+"))
            .filter(fields -> fields.length >= 4 && fields[0].endsWith(":"))
            .map(f -> new Line(f[3], Long.parseLong(f[1]), Long.parseLong(f[2])))
            .toList();
    if (lines.isEmpty()) throw new IllegalStateException("jcmd did not list any class");
    return new Census(
        lines.stream().mapToLong(Line::bytes).sum(),
        lines.stream()
            .sorted(Comparator.comparingLong(Line::bytes).reversed())
            .limit(CLASSES_SHOWN)
            .map(line -> line.name() + " " + line.instances() + " x, " + line.bytes() + " B")
            .toList());
  }
}
