package ai.vespid.agent.session;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Proxy;
import java.net.Socket;
import java.net.URI;

/** Who reaches a port of this machine. */
final class Reach {
  private static final int CONNECT_MS = 1_000;

  private Reach() {}

  /** Whether {@code GET /health} is answered there, as a program of this machine asks it. */
  static boolean answers(int port) {
    try {
      var url = URI.create("http://127.0.0.1:" + port + "/health").toURL();
      var connection = url.openConnection(Proxy.NO_PROXY);
      connection.setConnectTimeout(CONNECT_MS);
      connection.setReadTimeout(CONNECT_MS);
      try (var in = connection.getInputStream()) {
        return new String(in.readAllBytes()).equals("fine\n");
      }
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether one of the addresses that other machines see leads there. */
  static boolean fromElsewhere(int port) throws IOException {
    for (var card : NetworkInterface.networkInterfaces().toList()) {
      if (card.isLoopback() || !card.isUp()) continue;
      for (var address : card.inetAddresses().toList()) if (opens(address, port)) return true;
    }
    return false;
  }

  private static boolean opens(InetAddress address, int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), CONNECT_MS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
