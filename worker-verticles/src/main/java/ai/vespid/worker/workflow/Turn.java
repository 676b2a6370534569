package ai.vespid.worker.workflow;

import ai.vespid.protocol.RawJson;
import ai.vespid.sql.AgentThought;
import ai.vespid.sql.ApprovalRepository.Asked;
import ai.vespid.sql.RunEvent;
import ai.vespid.sql.RunNode.Change;
import ai.vespid.sql.RunStatus;
import java.time.Instant;
import java.util.List;

/**
 * What changed since the last turn: to be committed as one, and then its effects carried out.
 *
 * @param nextAttemptAt when the attempt that failed is followed by the next, or null
 * @param hold what becomes of the claim
 */
record Turn(
    RunStatus status,
    int attempt,
    Instant nextAttemptAt,
    RawJson cursor,
    RawJson output,
    String error,
    List<Change> changes,
    List<RunEvent.New> events,
    List<Asked> asked,
    List<AgentThought> thoughts,
    List<Effect> effects,
    Hold hold) {
  Turn {
    changes = List.copyOf(changes);
    events = List.copyOf(events);
    asked = List.copyOf(asked);
    thoughts = List.copyOf(thoughts);
    effects = List.copyOf(effects);
  }

  /** The same, but whoever else is there goes on at once: nothing that follows it is done here. */
  Turn givenBack(Instant now) {
    if (!(hold instanceof Hold.Keep)) return this;
    return new Turn(
        status,
        attempt,
        nextAttemptAt,
        cursor,
        output,
        error,
        changes,
        events,
        asked,
        thoughts,
        List.of(),
        new Hold.Until(now));
  }

  /** What becomes of the claim. */
  sealed interface Hold {
    /** Something is under way here. */
    record Keep() implements Hold {}

    /** Everything waits for others, at most until then. */
    record Until(Instant due) implements Hold {}

    /** The run is over. */
    record Over() implements Hold {}
  }
}
