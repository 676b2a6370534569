package ai.vespid.protocol.executor;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a memory command ended. */
public enum MemoryStatus {
  @JsonProperty("ok")
  OK,
  @JsonProperty("failed")
  FAILED
}
