package ai.vespid.worker.outbound;

import ai.vespid.worker.outbound.CallFailed.Reason;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.WriteStream;
import io.vertx.ext.web.codec.BodyCodec;
import io.vertx.ext.web.codec.spi.BodyStream;
import java.time.InstantSource;

/**
 * Collects a body up to a limit and fails as soon as there is more, or as soon as it comes too
 * late: who sends one byte after the other would keep a connection for ever.
 */
record LimitedBody(int bytesMax, long deadlineMs, InstantSource clock)
    implements BodyCodec<Buffer> {
  @Override
  public BodyStream<Buffer> stream() {
    return new Collected(this);
  }

  /** One body. */
  private static final class Collected implements BodyStream<Buffer> {
    private final LimitedBody limits;
    private final Buffer bytes = Buffer.buffer();
    private final Promise<Buffer> whole = Promise.promise();

    Collected(LimitedBody limits) {
      this.limits = limits;
    }

    @Override
    public Future<Buffer> result() {
      return whole.future();
    }

    @Override
    public void handle(Throwable broken) {
      whole.tryFail(broken);
    }

    @Override
    public Future<Void> write(Buffer part) {
      if (bytes.length() + part.length() > limits.bytesMax) return fail(Reason.TOO_LARGE);
      if (limits.clock.millis() > limits.deadlineMs) return fail(Reason.TIMEOUT);
      bytes.appendBuffer(part);
      return Future.succeededFuture();
    }

    private Future<Void> fail(Reason reason) {
      var failed = new CallFailed(reason);
      whole.tryFail(failed);
      return Future.failedFuture(failed);
    }

    @Override
    public Future<Void> end() {
      whole.tryComplete(bytes);
      return Future.succeededFuture();
    }

    @Override
    public WriteStream<Buffer> exceptionHandler(Handler<Throwable> handler) {
      return this;
    }

    @Override
    public WriteStream<Buffer> setWriteQueueMaxSize(int max) {
      return this;
    }

    @Override
    public boolean writeQueueFull() {
      return false;
    }

    @Override
    public WriteStream<Buffer> drainHandler(Handler<Void> handler) {
      return this;
    }
  }
}
