package ai.vespid.protocol.session;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What becomes of what was said before a reset. */
public enum ResetMode {
  /** Only the host is given up. */
  @JsonProperty("keep_history")
  KEEP_HISTORY,
  /** The engine is told nothing of what came before; the events stay. */
  @JsonProperty("clear_history")
  CLEAR_HISTORY
}
