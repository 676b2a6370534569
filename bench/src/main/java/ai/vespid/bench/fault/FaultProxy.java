package ai.vespid.bench.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * A cable between two processes that can be cut or go silent. What is in a silent cable is not
 * lost, as with TCP: it arrives when the cable is healed, and neither end hears of the other's
 * close before. Callers can be told apart, so that one proxy is the cables of several.
 */
final class FaultProxy implements AutoCloseable {
  /** What a cable does with what is sent. */
  enum State {
    FORWARDING,
    /** Half-open: connections stand, also new ones, and nothing comes through. */
    SILENT,
    /** Connections are closed, also new ones. */
    CUT
  }

  /** One caller of one proxy where nobody tells callers apart. */
  static final String ANYBODY = "";

  private static final int CHUNK = 64 * 1024;
  private static final int CONNECT_MS_MAX = 2_000;

  private final ServerSocket server;
  private final int targetPort;
  private final Function<Socket, String> callerOf;
  private final Map<String, State> states = new HashMap<>();
  private final Map<Pair, Boolean> pairs = new ConcurrentHashMap<>();

  /** Both ends of one connection through the cable. */
  private record Pair(String caller, Socket near, Socket far) {
    void close() {
      close(near);
      close(far);
    }

    private static void close(Socket socket) {
      try {
        socket.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  FaultProxy(int port, int targetPort) {
    this(port, targetPort, _ -> ANYBODY);
  }

  /**
   * @param callerOf names who opened a connection; asked once, before anything is forwarded
   */
  FaultProxy(int port, int targetPort, Function<Socket, String> callerOf) {
    this.targetPort = targetPort;
    this.callerOf = callerOf;
    try {
      server = new ServerSocket(port, 128, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on " + port, e);
    }
    Thread.ofVirtual().name("proxy " + port).start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  void forward(String caller) {
    become(caller, State.FORWARDING);
  }

  void silence(String caller) {
    become(caller, State.SILENT);
  }

  void cut(String caller) {
    become(caller, State.CUT);
    pairs.keySet().stream().filter(pair -> pair.caller.equals(caller)).forEach(Pair::close);
  }

  int connections() {
    return pairs.size();
  }

  private synchronized void become(String caller, State state) {
    states.put(caller, state);
    notifyAll();
  }

  private synchronized State state(String caller) {
    return states.getOrDefault(caller, State.FORWARDING);
  }

  private synchronized void awaitSound(String caller) throws InterruptedException {
    while (state(caller) == State.SILENT && !server.isClosed()) wait();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        var near = server.accept();
        Thread.ofVirtual().start(() -> join(near));
      } catch (IOException e) {
        if (!server.isClosed()) throw new UncheckedIOException(e);
      }
    }
  }

  private void join(Socket near) {
    var far = new Socket();
    var pair = new Pair(callerOf.apply(near), near, far);
    pairs.put(pair, true);
    try {
      awaitSound(pair.caller);
      if (state(pair.caller) == State.CUT) throw new IOException("cut");
      near.setTcpNoDelay(true);
      far.setTcpNoDelay(true);
      far.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort), CONNECT_MS_MAX);
      Thread.ofVirtual().start(() -> pump(pair, far, near));
      pump(pair, near, far);
    } catch (IOException _) {
      // Nobody listens there, or the cable is cut: the caller sees its connection close.
      end(pair);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void pump(Pair pair, Socket from, Socket to) {
    var chunk = new byte[CHUNK];
    try {
      var in = from.getInputStream();
      var out = to.getOutputStream();
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        awaitSound(pair.caller);
        out.write(chunk, 0, read);
      }
      awaitSound(pair.caller);
    } catch (IOException _) {
      // One end is gone; a silent cable does not tell the other before it is healed.
      awaitQuietly(pair.caller);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    end(pair);
  }

  private void awaitQuietly(String caller) {
    try {
      awaitSound(caller);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void end(Pair pair) {
    pairs.remove(pair);
    pair.close();
  }

  /** Closes what goes through it and listens no more. */
  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (var pair : Set.copyOf(pairs.keySet())) pair.close();
    synchronized (this) {
      notifyAll();
    }
  }
}
