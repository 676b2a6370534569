package ai.vespid.worker.workflow;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What is decided about a node that no rule of its organization matches (contract 5.6). */
public enum PolicyDefaults {
  /** It may run, as both seeds expect. */
  @JsonProperty("allow")
  ALLOW,
  /** Scripts and actions that write are asked about; scripts with a network are denied. */
  @JsonProperty("guarded")
  GUARDED
}
