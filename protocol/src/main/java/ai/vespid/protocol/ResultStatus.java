package ai.vespid.protocol;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a dispatch ended. */
public enum ResultStatus {
  @JsonProperty("succeeded")
  SUCCEEDED,
  @JsonProperty("failed")
  FAILED
}
