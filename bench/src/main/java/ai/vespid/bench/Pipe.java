package ai.vespid.bench;

import io.vertx.core.Future;
import io.vertx.core.http.WebSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The bare pipe's processes and the echo clients connected to it. */
final class Pipe implements AutoCloseable {
  private static final long CONNECT_SECONDS = 30;

  private final List<Process> processes = new ArrayList<>();
  private Endpoint endpoint;
  private Endpoint agents;

  private Pipe() {}

  /** One process. */
  static Pipe start(Generator generator, int agents, String heap) {
    var pipe = new Pipe();
    try {
      pipe.endpoint = pipe.launch(heap, PipeServer.class);
      pipe.agents = pipe.endpoint;
      generator.await(CONNECT_SECONDS, () -> pipe.connect(generator, agents));
      return pipe;
    } catch (RuntimeException e) {
      pipe.close();
      throw e;
    }
  }

  /**
   * Two processes: what the first is asked goes over the clustered event bus to the second, which
   * has the clients.
   *
   * @param ports two that are free, for the cluster
   */
  static Pipe clustered(Generator generator, int agents, String heap, List<Integer> ports) {
    var pipe = new Pipe();
    try {
      var near = ports.getFirst();
      var far = ports.getLast();
      pipe.agents = pipe.launch(heap, ClusteredPipeServer.class, "far", "" + far, "" + near);
      pipe.endpoint = pipe.launch(heap, ClusteredPipeServer.class, "near", "" + near, "" + far);
      generator.await(CONNECT_SECONDS, () -> pipe.connect(generator, agents));
      return pipe;
    } catch (RuntimeException e) {
      pipe.close();
      throw e;
    }
  }

  Endpoint endpoint() {
    return endpoint;
  }

  private Endpoint launch(String heap, Class<?> server, String... arguments) {
    try {
      var process =
          new ProcessBuilder(command(heap, server, arguments))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      processes.add(process);
      return new Endpoint("127.0.0.1", port(process.inputReader()));
    } catch (IOException e) {
      throw new UncheckedIOException("the pipe server did not start", e);
    }
  }

  private static List<String> command(String heap, Class<?> server, String... arguments) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-Xms" + heap,
                "-XX:+UseSerialGC",
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                // What Hazelcast asks for, as the gateways are started.
                "--add-modules=java.se",
                "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                "--add-opens=java.management/sun.management=ALL-UNNAMED",
                "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                server.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  private static int port(BufferedReader said) throws IOException {
    for (var line = said.readLine(); line != null; line = said.readLine()) {
      if (line.startsWith("ready ")) return Integer.parseInt(line.substring(6));
    }
    throw new IOException("it ended before it was ready");
  }

  private Future<Void> connect(Generator generator, int count) {
    var sockets = new ArrayList<Future<WebSocket>>();
    for (int i = 0; i < count; i++) {
      sockets.add(generator.sockets.connect(agents.port(), agents.host(), "/").map(Pipe::echo));
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
    // Their standard input ends with this, and they with that.
    processes.forEach(Process::destroy);
  }
}
