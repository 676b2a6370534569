package ai.vespid.kit.bus;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A TCP connection that carries a bounded number of bytes a second each way, as real ones do. */
final class SlowCable implements AutoCloseable {
  private static final int BUFFER_BYTES = 16 * 1024;

  private final ServerSocket server;
  private final int to;
  private final long bytesPerSecond;

  SlowCable(long bytesPerSecond) throws IOException {
    this.bytesPerSecond = bytesPerSecond;
    this.to = TwoNodes.freePort();
    this.server = new ServerSocket();
    server.setReceiveBufferSize(BUFFER_BYTES);
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  int to() {
    return to;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        var near = server.accept();
        var far = new Socket();
        far.setSendBufferSize(BUFFER_BYTES);
        far.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), to));
        Thread.ofVirtual().start(() -> carry(near, far));
        Thread.ofVirtual().start(() -> carry(far, near));
      } catch (IOException e) {
        // The server was closed, or the other end is not there yet.
      }
    }
  }

  private void carry(Socket from, Socket into) {
    var buffer = new byte[BUFFER_BYTES];
    try (from;
        into) {
      for (int read; (read = from.getInputStream().read(buffer)) >= 0; ) {
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1) * read / bytesPerSecond);
        into.getOutputStream().write(buffer, 0, read);
      }
    } catch (IOException e) {
      // One end is closed: the other is closed by that.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
