package ai.vespid.agent.sandbox;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** A port that only programs of this machine reach. */
public final class LoopbackPort {
  private LoopbackPort() {}

  /**
   * Opens one.
   *
   * @param wanted the port it had before; another is taken when that is not free, or when it is 0
   * @param waiting how many connections may wait to be accepted
   */
  public static ServerSocket open(int wanted, int waiting) throws IOException {
    try {
      return new ServerSocket(wanted, waiting, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      if (wanted == 0) throw e;
      return open(0, waiting);
    }
  }
}
