package ai.vespid.sql;

import ai.vespid.protocol.RawJson;

/**
 * One step of an agent of a run on its way to its answer, as its worker keeps it.
 *
 * @param thinker the node itself, or who it delegated to
 * @param seq from 0 without gaps for each thinker
 */
public record AgentThought(String nodeId, String thinker, int seq, RawJson thought) {
  @Override
  public String toString() {
    return "AgentThought[" + thinker + ", seq=" + seq + "]";
  }
}
