package ai.vespid.protocol;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether what runs on the agent may reach a network. */
public enum NetworkMode {
  @JsonProperty("none")
  NONE,
  @JsonProperty("enabled")
  ENABLED
}
