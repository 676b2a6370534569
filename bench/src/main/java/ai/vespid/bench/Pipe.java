package ai.vespid.bench;

import io.vertx.core.Future;
import io.vertx.core.http.WebSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The pipe server's process and the echo clients connected to it. */
final class Pipe implements AutoCloseable {
  private static final long CONNECT_SECONDS = 30;

  private final Process process;
  private final Endpoint endpoint;

  private Pipe(Process process, Endpoint endpoint) {
    this.process = process;
    this.endpoint = endpoint;
  }

  static Pipe start(Generator generator, int agents, String heap) {
    try {
      var process =
          new ProcessBuilder(command(heap)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      var pipe = new Pipe(process, new Endpoint("127.0.0.1", port(process.inputReader())));
      generator.await(CONNECT_SECONDS, () -> pipe.connect(generator, agents));
      return pipe;
    } catch (IOException e) {
      throw new UncheckedIOException("the pipe server did not start", e);
    }
  }

  Endpoint endpoint() {
    return endpoint;
  }

  private static List<String> command(String heap) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx" + heap,
        "-Xms" + heap,
        "-XX:+UseSerialGC",
        "--sun-misc-unsafe-memory-access=allow",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        System.getProperty("java.class.path"),
        PipeServer.class.getName());
  }

  private static int port(BufferedReader said) throws IOException {
    for (var line = said.readLine(); line != null; line = said.readLine()) {
      if (line.startsWith("ready ")) return Integer.parseInt(line.substring(6));
    }
    throw new IOException("it ended before it was ready");
  }

  private Future<Void> connect(Generator generator, int agents) {
    var sockets = new ArrayList<Future<WebSocket>>();
    for (int i = 0; i < agents; i++) {
      sockets.add(generator.sockets.connect(endpoint.port(), endpoint.host(), "/").map(Pipe::echo));
    }
    return Future.all(sockets).mapEmpty();
  }

  private static WebSocket echo(WebSocket socket) {
    return socket.frameHandler(frame -> {
      if (frame.isBinary()) socket.writeBinaryMessage(frame.binaryData());
    });
  }

  @Override
  public void close() {
    // Its standard input ends with this, and it with that.
    process.destroy();
  }
}
