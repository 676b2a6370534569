package ai.vespid.bench;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * The one event loop on which callers and agents live, and their clients. One loop, because the
 * machine's other core belongs to the system under test, and because nothing then needs a lock.
 */
final class Generator implements AutoCloseable {
  private static final int MESSAGE_BYTES_MAX = 8 * 1024 * 1024;

  final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  final RunIds ids = new RunIds();

  // Kept in fields: a client that nobody holds closes its connections when it is collected.
  final NetClient callers =
      vertx.createNetClient(new NetClientOptions().setTcpNoDelay(true).setReconnectAttempts(0));
  final WebSocketClient sockets =
      vertx.createWebSocketClient(
          new WebSocketClientOptions()
              .setMaxConnections(20_000)
              .setTcpNoDelay(true)
              .setMaxFrameSize(MESSAGE_BYTES_MAX)
              .setMaxMessageSize(MESSAGE_BYTES_MAX));

  private final Context loop = vertx.getOrCreateContext();

  /** Runs {@code work} on the loop. */
  <T> Future<T> onLoop(Supplier<Future<T>> work) {
    Promise<T> done = Promise.promise();
    loop.runOnContext(_ -> work.get().onComplete(done));
    return done.future();
  }

  /** The same for the main thread, which waits for it. */
  <T> T await(long seconds, Supplier<Future<T>> work) {
    try {
      return onLoop(work).await(seconds, TimeUnit.SECONDS);
    } catch (TimeoutException _) {
      throw new IllegalStateException("nothing happened for " + seconds + " s");
    }
  }

  void run(Runnable work) {
    loop.runOnContext(_ -> work.run());
  }

  @Override
  public void close() {
    vertx.close().await();
  }
}
