package ai.vespid.protocol.bus;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.session.Attachment;
import ai.vespid.protocol.session.ResetMode;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.protocol.session.SessionState;
import java.util.List;

/**
 * The owner of the turns of its sessions, on one node and shard. Whoever asks has checked that the
 * user may.
 *
 * <pre>
 * control, client-edge        session-turns                      client-edge (each that watches)
 *   Say     ------------->    commit the message
 *           <-------------    Said | Refused
 *                             ... the turn ...   ------------->  Streamed *, Happened *
 *   Cancel  ------------->
 *           <-------------    Canceling: nothing of the turn is done any more
 *   Reset, Archive, Restore ->
 *           <-------------    Changed | Refused  ------------->  Happened, Changed
 *   Watch   ------------->    (again every few seconds: a home may have moved)
 *           <-------------    Watching | Refused
 *   Unwatch ------------->
 * executor-edge
 *   Progressed ---------->    of an engine of the host
 * </pre>
 *
 * <p>Who is not home answers NOT_HOME, who may not decide yet (another's lease runs), UNAVAILABLE.
 */
public sealed interface SessionTurns<R extends Message> extends Request<R> {
  static Address<SessionTurns<?>> at(String node, int shard) {
    return Address.of("sessions", node, shard);
  }

  String sessionId();

  /** How something was answered. */
  sealed interface Reply extends Message {}

  /** Stored, and its turn will end; {@code repeated} when its key was known. */
  record Said(SessionEvent event, boolean repeated) implements Reply {}

  /** It is so now. */
  record Changed(SessionState state) implements Reply {}

  /** The turn that was under way is over; null when there was none. */
  record Canceling(String requestId) implements Reply {}

  /** Where the session is; what happens from now on is told. */
  record Watching(SessionState state, long lastSeq) implements Reply {}

  /** Nothing changed. */
  record Refused(ErrorCode code, String message) implements Reply {}

  /** A message for the session; {@code idempotencyKey} may be null. */
  record Say(
      String organizationId,
      String sessionId,
      String userId,
      String message,
      List<Attachment> attachments,
      String idempotencyKey)
      implements SessionTurns<Reply> {
    public Say {
      attachments = Attachment.list(attachments);
    }

    @Override
    public int bulk() {
      return message.length();
    }

    @Override
    public String toString() {
      return "Say[" + sessionId + "]";
    }
  }

  /**
   * End the turn that is under way.
   *
   * @param upToSeq the last event there was when somebody wanted that: asked again, it does not end
   *     a turn that came later. Null means whatever is under way
   */
  record Cancel(String organizationId, String sessionId, String userId, Long upToSeq)
      implements SessionTurns<Reply> {}

  record Reset(String organizationId, String sessionId, String userId, ResetMode mode)
      implements SessionTurns<Reply> {}

  record Archive(String organizationId, String sessionId, String userId)
      implements SessionTurns<Reply> {}

  record Restore(String organizationId, String sessionId, String userId)
      implements SessionTurns<Reply> {}

  /** This edge has viewers of the session. */
  record Watch(String organizationId, String sessionId, String edgeNode, int edgeShard)
      implements SessionTurns<Reply> {}

  /**
   * The host told about a dispatch of the session's that it holds (contract 1.2). It may be lost:
   * what it comes to stands in the result.
   *
   * @param organizationId whose dispatch it is
   */
  record Progressed(String organizationId, String sessionId, String requestId, RawJson event)
      implements SessionTurns<Done> {
    @Override
    public int bulk() {
      return event.size();
    }

    @Override
    public String toString() {
      return "Progressed[" + requestId + "]";
    }
  }

  /** It has none any more. */
  record Unwatch(String organizationId, String sessionId, String edgeNode, int edgeShard)
      implements SessionTurns<Done> {}
}
