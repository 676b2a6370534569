package ai.vespid.protocol.executor;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How loud an event is. */
public enum EventLevel {
  @JsonProperty("info")
  INFO,
  @JsonProperty("warn")
  WARN,
  @JsonProperty("error")
  ERROR
}
