package ai.vespid.protocol;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether a dispatch works in the files of its run. Our addition to the dispatch body. */
public enum WorkspaceUse {
  /** The run's files, one dispatch at a time. The default, except for connector actions. */
  @JsonProperty("run")
  RUN,
  /** An empty directory that is thrown away. What connector actions get (defect E4). */
  @JsonProperty("none")
  NONE
}
