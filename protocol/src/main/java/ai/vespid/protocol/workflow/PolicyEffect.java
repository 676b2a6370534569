package ai.vespid.protocol.workflow;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a rule of an organization does about the nodes it matches (contract 5.6). */
public enum PolicyEffect {
  @JsonProperty("allow")
  ALLOW,
  @JsonProperty("deny")
  DENY,
  @JsonProperty("require_approval")
  REQUIRE_APPROVAL
}
