package ai.vespid.protocol;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whose executors: an organization's own, or ours, shared by all organizations. */
public enum Pool {
  @JsonProperty("byon")
  BYON,
  @JsonProperty("managed")
  MANAGED
}
