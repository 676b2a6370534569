package ai.vespid.engine.runner;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.engine.Chunk;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/** A line of JSON for each piece; the provider's thread waits for whoever reads slowly. */
final class LinesAnswer implements Consumer<Chunk> {
  private static final int WINDOW_LINES = 64;

  private final Context context;
  private final HttpServerResponse response;
  private final Semaphore window = new Semaphore(WINDOW_LINES);

  LinesAnswer(RoutingContext ctx) {
    this.context = ctx.vertx().getOrCreateContext();
    this.response = ctx.response();
    response.setChunked(true).putHeader(HttpHeaders.CONTENT_TYPE, "application/x-ndjson");
  }

  @Override
  public void accept(Chunk chunk) {
    if (!chunk.last()) {
      try {
        window.acquire();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    context.runOnContext(_ -> write(chunk));
  }

  private void write(Chunk chunk) {
    if (response.ended() || response.closed()) return;
    var line = Buffer.buffer(Json.write(chunk)).appendByte((byte) '\n');
    if (chunk.last()) response.end(line);
    else response.write(line).onComplete(_ -> window.release());
  }
}
