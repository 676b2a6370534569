package ai.vespid.protocol.bus;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Inference;
import java.util.List;

/**
 * Asks models of providers, on one node and shard. What a model says is read, not sent: whoever
 * reads slowly slows the provider down, and nothing is lost with a message.
 *
 * <pre>
 * whoever thinks              engine-runner
 *   Infer   ------------->    (said again under the same call id it is joined)
 *           <-------------    Begun | Refused: no provider was asked
 *   Read    ------------->    what was seen is kept no more
 *           <-------------    Said: as soon as there is more, else empty after a second
 *   ... until Finish or Failed
 *   Cancel  ------------->
 *           <-------------    Done: the request to the provider is closed
 * </pre>
 *
 * <p>A call that nobody reads any more is canceled. A read of a call that is not known is
 * NOT_FOUND: the runner was started anew.
 */
public sealed interface EngineRunner<R extends Message> extends Request<R> {
  static Address<EngineRunner<?>> at(String node, int shard) {
    return Address.of("engines", node, shard);
  }

  String callId();

  /** How a question was taken. */
  sealed interface Reply extends Message {}

  /** It will be answered. */
  record Begun() implements Reply {}

  /** It will not; another runner may take it when the code is ENGINE_UNAVAILABLE. */
  record Refused(ErrorCode code, String message) implements Reply {}

  /**
   * Ask this.
   *
   * @param callId the caller's own, never used again
   */
  record Infer(String callId, Inference asked) implements EngineRunner<Reply> {
    @Override
    public int bulk() {
      return asked.chars();
    }
  }

  /**
   * What comes next?
   *
   * @param seen how many chunks the reader has
   */
  record Read(String callId, long seen) implements EngineRunner<Said> {}

  /**
   * Chunks in their order.
   *
   * @param from how many there were before them
   */
  record Said(long from, List<Chunk> chunks) implements Message {
    public Said {
      chunks = List.copyOf(chunks);
    }

    @Override
    public int bulk() {
      return chunks.stream().mapToInt(Chunk::chars).sum();
    }

    @Override
    public String toString() {
      return "Said[from=" + from + ", chunks=" + chunks.size() + "]";
    }
  }

  /** Nobody wants the answer any more. */
  record Cancel(String callId) implements EngineRunner<Done> {}
}
