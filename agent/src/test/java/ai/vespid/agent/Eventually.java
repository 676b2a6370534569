package ai.vespid.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waits for what a test expects, with a bound. */
public final class Eventually {
  private static final long MAX_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private Eventually() {}

  public static void is(String what, Callable<Boolean> condition) throws Exception {
    is(what, 0, condition);
  }

  /** The same for something that may take so much longer. */
  public static void is(String what, long moreMs, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + MAX_NANOS + TimeUnit.MILLISECONDS.toNanos(moreMs);
    while (!condition.call()) {
      if (System.nanoTime() > deadline) throw new AssertionError("not in time: " + what);
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** True when a process runs that has this text in its environment. */
  public static boolean processWith(String text) {
    return ProcessHandle.allProcesses()
        .anyMatch(process -> {
          try {
            var environ = Files.readAllBytes(Path.of("/proc", "" + process.pid(), "environ"));
            return new String(environ, StandardCharsets.ISO_8859_1).contains(text);
          } catch (IOException e) {
            return false; // Ended since it was listed.
          }
        });
  }
}
