package ai.vespid.protocol;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What an executor can be asked to do. */
public enum Kind {
  @JsonProperty("connector.action")
  CONNECTOR_ACTION,
  @JsonProperty("agent.execute")
  AGENT_EXECUTE,
  @JsonProperty("agent.run")
  AGENT_RUN,
  /** Ours: a command to the agent itself, for operators. Offered by the feature "commands". */
  @JsonProperty("agent.command")
  AGENT_COMMAND
}
