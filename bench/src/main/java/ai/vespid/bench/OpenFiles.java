package ai.vespid.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether this machine lets one process hold so many connections: file descriptors and local ports
 * run out in ways that look like a gateway that refuses.
 */
final class OpenFiles {
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final Path PORTS = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
  // What both programs have open besides: jars, stores, callers.
  private static final int BESIDE = 800;
  private static final int RANGE_BYTES_MAX = 64;

  private OpenFiles() {}

  /**
   * Looks before anything is started.
   *
   * @throws IllegalArgumentException that says which limit is too low and how to raise it
   */
  static void require(int connections) {
    if (!Files.isReadable(LIMITS) || !Files.isReadable(PORTS)) return;
    try (var ports = Files.newInputStream(PORTS)) {
      // In one read: the kernel answers a second one on this file with its end.
      var range = new String(ports.readNBytes(RANGE_BYTES_MAX), StandardCharsets.US_ASCII);
      check(connections, Files.readString(LIMITS), range);
    } catch (IOException _) {
      // Then the connections themselves will tell.
    }
  }

  static void check(int connections, String limits, String ports) {
    long files = hardLimit(limits);
    if (files < connections + BESIDE) {
      throw new IllegalArgumentException(
          "%,d connections need %,d file descriptors and %,d are allowed; raise the hard limit with ulimit -Hn, or take fewer --agents"
              .formatted(connections, connections + BESIDE, files));
    }
    var range = ports.strip().split("\\s+");
    long free = Long.parseLong(range[1]) - Long.parseLong(range[0]) + 1;
    if (free < connections + BESIDE) {
      throw new IllegalArgumentException(
          "%,d connections need as many local ports and there are %,d; widen net.ipv4.ip_local_port_range, or take fewer --agents"
              .formatted(connections, free));
    }
  }

  // Java raises its own limit to the hard one; that is the second number.
  private static long hardLimit(String limits) {
    var line = limits.lines().filter(l -> l.startsWith("Max open files")).findFirst().orElseThrow();
    var hard = line.substring("Max open files".length()).strip().split("\\s+")[1];
    return hard.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(hard);
  }
}
