package ai.vespid.protocol.bus;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.KnownTools;

/**
 * What sessions remember, on each node: the documents are in the database, so any node answers.
 *
 * <pre>
 * session-turns, ingress      session-memory
 *   Use     ------------->
 *           <-------------    Used
 * control
 *   Find, Look ---------->
 *           <-------------    Used
 *   Due     ------------->
 *           <-------------    Used
 * </pre>
 */
public sealed interface SessionMemory<R extends Message> extends Request<R> {
  /** The tools there are; the original's names with an underscore mean the same. */
  String SEARCH = KnownTools.MEMORY_SEARCH;

  String GET = KnownTools.MEMORY_GET;
  String WRITE = KnownTools.MEMORY_WRITE;
  String SYNC = KnownTools.MEMORY_SYNC;

  static Address<SessionMemory<?>> at(String node) {
    return Address.of("memory", node);
  }

  /**
   * Carry a tool out on what the sessions of this key remember.
   *
   * @param toolId one of the above
   * @param once by what a write is known: one that is asked for again is not done again; null when
   *     each counts
   */
  record Use(String organizationId, String sessionKey, String toolId, RawJson input, String once)
      implements SessionMemory<Used> {
    public Use {
      Check.required("toolId", toolId);
    }

    @Override
    public int bulk() {
      return input == null ? 0 : input.size();
    }

    @Override
    public String toString() {
      return "Use[" + toolId + "]";
    }
  }

  /**
   * Search all that somebody may see.
   *
   * @param userId who sees only their own sessions'; null sees all of the organization
   * @param sessionKey null for every key
   * @param input as that of {@link #SEARCH}
   */
  record Find(String organizationId, String userId, String sessionKey, RawJson input)
      implements SessionMemory<Used> {
    public Find {
      Check.required("input", input);
    }

    @Override
    public String toString() {
      return "Find[]";
    }
  }

  /** A document that somebody may see, whole and in pieces; no output when there is none. */
  record Look(String organizationId, String userId, String documentId)
      implements SessionMemory<Used> {
    public Look {
      Check.uuid("documentId", documentId);
    }
  }

  /** Something is to be synchronized; it would be found later, too. */
  record Due() implements SessionMemory<Used> {}

  /** {@code error} is null when it worked; then {@code output} says what came of it. */
  record Used(RawJson output, String error) implements Message {
    @Override
    public int bulk() {
      return output == null ? 0 : output.size();
    }
  }
}
