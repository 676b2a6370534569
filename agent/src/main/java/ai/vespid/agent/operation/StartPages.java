package ai.vespid.agent.operation;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back the memory of what is in files anyway: Java's own code, and the classes of the cache.
 * A start touches most of it, an idle agent little, and what is needed again the system brings back
 * by itself. On Linux; elsewhere nothing happens.
 */
public final class StartPages {
  /** How often to look. */
  public static final Duration EVERY = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(StartPages.class);
  private static final Path MAPS = Path.of("/proc/self/maps");
  private static final long KEPT_BYTES_MAX = 60_000_000;
  private static final int MADV_DONTNEED = 4;

  private final Machine.Reader machine = new Machine.Reader(Path.of("/"));
  private MethodHandle madvise;
  private boolean hopeless;

  /** A piece of this process's memory. */
  record Range(long from, long to) {}

  /** Does so if the process holds more than an idle one should. Takes some milliseconds. */
  public void release() {
    if (hopeless || !Files.exists(MAPS)) return;
    try {
      if (machine.resident() <= KEPT_BYTES_MAX) return;
      if (madvise == null) madvise = madvise();
      release(madvise);
    } catch (IOException | RuntimeException e) {
      hopeless = true;
      LOG.atInfo().addKeyValue("cause", e.toString()).log("no memory of files is given back");
    }
  }

  private static void release(MethodHandle madvise) throws IOException {
    try (var lines = Files.lines(MAPS)) {
      for (var range : unchanging(lines)) {
        int code =
            (int) madvise.invokeExact(range.from(), range.to() - range.from(), MADV_DONTNEED);
        if (code != 0) throw new IOException("madvise refused");
      }
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("madvise throws nothing", e);
    }
  }

  // The launcher allows the program to call the system.
  @SuppressWarnings("restricted")
  private static MethodHandle madvise() {
    var linker = Linker.nativeLinker();
    var size = ValueLayout.JAVA_LONG;
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("madvise"),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, size, size, ValueLayout.JAVA_INT));
  }

  /**
   * What stays as its file has it, from a start to its end: the code of the virtual machine, and
   * classes that were mapped where they were made for, which only then cannot be written to.
   */
  static List<Range> unchanging(Stream<String> maps) {
    return maps.map(StartPages::unchanging).flatMap(Optional::stream).toList();
  }

  // 7f61c3ce3000-7f61c4d6f000 r-xp 002e3000 fe:00 2163358
  // /opt/vespid-agent/runtime/lib/server/libjvm.so
  private static Optional<Range> unchanging(String line) {
    boolean code = line.contains(" r-xp ") && line.endsWith("/libjvm.so");
    boolean classes = line.contains(" r--p ") && line.endsWith(".aot");
    if (!code && !classes) return Optional.empty();
    int dash = line.indexOf('-');
    long from = Long.parseUnsignedLong(line, 0, dash, 16);
    return Optional.of(
        new Range(from, Long.parseUnsignedLong(line, dash + 1, line.indexOf(' '), 16)));
  }
}
