package ai.vespid.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Processes of this machine, by a variable in their environment. */
final class Traces {
  private static final long STEP_NANOS = 5_000_000;

  private Traces() {}

  /** How many have it. */
  static long count(String variable) {
    return ProcessHandle.allProcesses().filter(process -> has(process, variable)).count();
  }

  private static boolean has(ProcessHandle process, String variable) {
    try {
      var environment = Path.of("/proc", "" + process.pid(), "environ");
      return new String(Files.readAllBytes(environment), StandardCharsets.ISO_8859_1)
          .contains(variable);
    } catch (IOException ended) {
      return false;
    }
  }

  /**
   * When all that have it now are gone; they are looked at and at nothing else, for speed. One that
   * has ended and waits for somebody to ask how has no environment any more.
   */
  static long goneNanos(String variable) {
    var all = ProcessHandle.allProcesses().filter(process -> has(process, variable)).toList();
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (all.stream().anyMatch(process -> has(process, variable))) {
      if (System.nanoTime() > limit) throw new AssertionError("they do not end");
      LockSupport.parkNanos(STEP_NANOS);
    }
    return System.nanoTime();
  }
}
