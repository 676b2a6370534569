package ai.vespid.kit.engine;

import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Inference;
import io.vertx.core.Future;
import java.util.function.Consumer;

/** Something that thinks: a model behind a provider, or fixed rules. */
public interface Engine {
  /**
   * Asks it. What it says comes on the caller's context, in order, and ends with {@link
   * Chunk.Finish} or {@link Chunk.Failed}; nothing comes before this method has returned.
   */
  Call infer(Inference asked, Consumer<Chunk> to);

  /** A question that is under way. */
  interface Call {
    /** Stops it; when the future completes nothing more is said or paid for. */
    Future<Void> cancel();
  }
}
