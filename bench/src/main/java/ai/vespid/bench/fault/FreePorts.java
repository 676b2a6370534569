package ai.vespid.bench.fault;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports nobody listens on, each given out once. All are below those that the kernel takes for
 * outgoing connections: a port must still be free when its owner comes back from the dead.
 */
public final class FreePorts {
  private static final int FIRST = 15_000;
  private static final int END = 32_000;
  private static final int TRIES_MAX = 1_000;

  private final Set<Integer> given = new HashSet<>();

  public synchronized int next() {
    for (int i = 0; i < TRIES_MAX; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      if (given.add(port) && isFree(port)) return port;
    }
    throw new IllegalStateException("no free port between " + FIRST + " and " + END);
  }

  private static boolean isFree(int port) {
    try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return true;
    } catch (IOException _) {
      // Taken; the next one is tried.
      return false;
    }
  }
}
