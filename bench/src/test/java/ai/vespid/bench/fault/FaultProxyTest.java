package ai.vespid.bench.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FaultProxyTest {
  private static final String CALLER = "caller";
  private static final int SHORT_MS = 200;
  private static final int LONG_MS = 5_000;

  private final FreePorts ports = new FreePorts();
  private ServerSocket target;
  private FaultProxy proxy;

  @BeforeEach
  void open() throws IOException {
    target = new ServerSocket(ports.next(), 10, InetAddress.getLoopbackAddress());
    proxy = new FaultProxy(ports.next(), target.getLocalPort(), _ -> CALLER);
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
    target.close();
  }

  private Socket connect() throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout(LONG_MS);
    return socket;
  }

  private Socket accept() throws IOException {
    var socket = target.accept();
    socket.setSoTimeout(LONG_MS);
    return socket;
  }

  private static void readsNothing(Socket socket) throws IOException {
    socket.setSoTimeout(SHORT_MS);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(LONG_MS);
  }

  @Test
  void forwardsBothWaysAndPassesTheCloseOn() throws IOException {
    try (var near = connect();
        var far = accept()) {
      near.getOutputStream().write(1);
      assertThat(far.getInputStream().read()).isEqualTo(1);
      far.getOutputStream().write(2);
      assertThat(near.getInputStream().read()).isEqualTo(2);
      near.shutdownOutput();
      assertThat(far.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void aSilentCableKeepsWhatIsSentUntilItIsHealed() throws IOException {
    try (var near = connect();
        var far = accept()) {
      proxy.silence(CALLER);
      near.getOutputStream().write(1);
      near.shutdownOutput();
      readsNothing(far);

      proxy.forward(CALLER);
      assertThat(far.getInputStream().read()).isEqualTo(1);
      assertThat(far.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void aSilentCableTakesNewConnectionsAndSaysNothing() throws IOException {
    proxy.silence(CALLER);
    try (var near = connect()) {
      readsNothing(near);
      proxy.forward(CALLER);
      try (var far = accept()) {
        far.getOutputStream().write(3);
        assertThat(near.getInputStream().read()).isEqualTo(3);
      }
    }
  }

  @Test
  void aCutCableClosesWhatStandsAndWhatIsNew() throws IOException {
    try (var near = connect();
        var far = accept()) {
      proxy.cut(CALLER);
      assertThat(near.getInputStream().read()).isEqualTo(-1);
      assertThat(far.getInputStream().read()).isEqualTo(-1);
    }
    try (var near = connect()) {
      assertThat(near.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void tellsCallersApart() throws IOException {
    proxy.silence("somebody else");
    try (var near = connect();
        var far = accept()) {
      near.getOutputStream().write(1);
      assertThat(far.getInputStream().read()).isEqualTo(1);
    }
  }

  @Test
  void knowsWhichProcessCalls() throws IOException {
    var owner = new SocketOwner(() -> Map.of("me", ProcessHandle.current().pid()));
    var seen = new AtomicReference<String>();
    try (var named =
            new FaultProxy(
                ports.next(),
                target.getLocalPort(),
                socket -> {
                  seen.set(owner.of(socket));
                  return seen.get();
                });
        var _ = new Socket(InetAddress.getLoopbackAddress(), named.port());
        var _ = accept()) {
      assertThat(seen.get()).isEqualTo("me");
    }
  }
}
