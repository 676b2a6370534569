package ai.vespid.agent.operation;

import ai.vespid.agent.sandbox.Cancellation;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;

/**
 * Carries out commands of this machine's own operator, whether or not there is a gateway (V-32).
 * They take the same way as those of a gateway: the same lists, the same log, one result.
 */
@FunctionalInterface
public interface LocalCommands {
  /**
   * What the command line asks.
   *
   * @param command as in the catalogue
   * @param args null for none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Ask(String command, JsonNode args, Integer timeoutMs) {}

  /**
   * Blocks until it is done.
   *
   * @param cancellation told when nobody waits for it any more
   * @return its result, as JSON
   */
  byte[] run(Ask ask, Cancellation cancellation);
}
