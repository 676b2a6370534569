package ai.vespid.agent.sandbox.lxc;

import ai.vespid.agent.sandbox.LoopbackPort;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A port of this machine, for programs of this machine alone, behind which one port of a container
 * is. It takes {@value #CONNECTIONS_MAX} connections at once; more are closed at once.
 */
final class PortForward implements AutoCloseable {
  private static final int CONNECTIONS_MAX = 64;
  private static final int CONNECT_MS = 5_000;
  private static final int BUFFER_BYTES = 16 * 1024;
  private static final int ENDS = 2;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final ServerSocket server;
  private final InetSocketAddress inside;
  private final Semaphore connections = new Semaphore(CONNECTIONS_MAX);
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  private PortForward(ServerSocket server, InetSocketAddress inside) {
    this.server = server;
    this.inside = inside;
  }

  /**
   * Opens it.
   *
   * @param wanted the port it had before; another is taken when that is not free, or when it is 0
   */
  static PortForward open(InetSocketAddress inside, int wanted) throws IOException {
    var forward = new PortForward(LoopbackPort.open(wanted, CONNECTIONS_MAX), inside);
    Thread.ofVirtual().name("port-forward").start(forward::accept);
    return forward;
  }

  int port() {
    return server.getLocalPort();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        var caller = server.accept();
        if (connections.tryAcquire()) Thread.ofVirtual().start(() -> connect(caller));
        else caller.close();
      } catch (IOException e) {
        // It is closed, or this process has no descriptor left.
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private void connect(Socket caller) {
    var service = new Socket();
    var ends = new AtomicInteger(ENDS);
    open.add(caller);
    open.add(service);
    try {
      service.connect(inside, CONNECT_MS);
      if (server.isClosed()) throw new IOException("closed meanwhile");
      Thread.ofVirtual().start(() -> pass(service, caller, ends));
      pass(caller, service, ends);
    } catch (IOException e) {
      end(caller, service);
    }
  }

  // Each direction ends by itself; the connection ends with the second one.
  private void pass(Socket from, Socket to, AtomicInteger ends) {
    try {
      copy(from.getInputStream(), to);
      to.shutdownOutput();
      if (ends.decrementAndGet() == 0) end(from, to);
    } catch (IOException e) {
      end(from, to);
    }
  }

  private static void copy(InputStream from, Socket to) throws IOException {
    var out = to.getOutputStream();
    var buffer = new byte[BUFFER_BYTES];
    for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) out.write(buffer, 0, n);
  }

  private void end(Socket one, Socket other) {
    boolean first = open.remove(one);
    boolean second = open.remove(other);
    close(one);
    close(other);
    if (first && second) connections.release();
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      return; // It is not used any more.
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      return; // Nobody can be told.
    } finally {
      open.forEach(PortForward::close);
    }
  }
}
