package ai.vespid.kit.http;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Ports for what a test starts, each given out once. */
public final class FreePort {
  private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

  private FreePort() {}

  /**
   * One that nobody listens at, nor will: it is below the ephemeral range, where a client's socket
   * might take it meanwhile, and whoever asked before may not listen yet.
   */
  public static int next() {
    for (int port : new Random().ints(200, 20_000, 32_000).toArray()) {
      try (var socket = new ServerSocket(port)) {
        if (GIVEN.add(port)) return socket.getLocalPort();
      } catch (IOException taken) {
        continue;
      }
    }
    throw new IllegalStateException("no free port");
  }
}
