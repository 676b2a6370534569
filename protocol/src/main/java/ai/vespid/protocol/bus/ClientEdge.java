package ai.vespid.protocol.bus;

import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.protocol.session.SessionState;
import java.util.List;

/**
 * The sockets of viewers on one node and shard, told what happens in the sessions it watches.
 *
 * <pre>
 * session-turns               client-edge
 *   Happened  ------------->    after commit; a lost one shows as a gap and is read from the table
 *   Streamed  ------------->    may be lost
 *   StateChanged ---------->    a lost one comes with the next Watching
 *             <-------------  Done
 * </pre>
 */
public sealed interface ClientEdge<R extends Message> extends Request<R> {
  static Address<ClientEdge<?>> at(String node, int shard) {
    return Address.of("viewers", node, shard);
  }

  /** Events of one session, in their order. */
  record Happened(String sessionId, List<SessionEvent> events) implements ClientEdge<Done> {
    public Happened {
      events = List.copyOf(events);
    }

    @Override
    public int bulk() {
      return events.stream().mapToInt(SessionEvent::size).sum();
    }
  }

  /**
   * A piece of what an engine says.
   *
   * @param turnSeq the message it answers
   * @param streamSeq counts the pieces of one turn from 1
   */
  record Streamed(
      String sessionId,
      String requestId,
      long turnSeq,
      long streamSeq,
      String text,
      String createdAt)
      implements ClientEdge<Done> {
    @Override
    public String toString() {
      return "Streamed[" + requestId + "]";
    }
  }

  record StateChanged(SessionState state) implements ClientEdge<Done> {}
}
