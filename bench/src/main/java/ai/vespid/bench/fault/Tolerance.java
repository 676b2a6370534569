package ai.vespid.bench.fault;

import ai.vespid.bench.fault.History.Mode;
import ai.vespid.protocol.EffectClass;
import java.util.Set;

/** Which dispatches a fault may fail, and with what. */
@FunctionalInterface
interface Tolerance {
  boolean allows(Mode mode, EffectClass effect, String error);

  /** Nothing fails. */
  Tolerance NONE = (_, _, _) -> false;

  /** What may run only once is lost with the agent that had it. */
  Tolerance LOST_AGENT =
      (_, effect, error) ->
          effect == EffectClass.AT_MOST_ONCE && error.equals("AGENT_DISCONNECTED");

  /**
   * Synchronous dispatches are lost with the memory of their gateway: what may run only once is not
   * tried again. What was accepted is not.
   */
  Tolerance LOST_MEMORY =
      (mode, effect, error) -> mode == Mode.SYNC && LOST_AGENT.allows(mode, effect, error);

  /** Callers' time may be over before an agent is given up that had acknowledged the work. */
  Tolerance SILENT_AGENT =
      (mode, effect, error) ->
          LOST_AGENT.allows(mode, effect, error)
              || mode == Mode.SYNC && error.equals("NODE_EXECUTION_TIMEOUT");

  /**
   * As with lost memory; and synchronous dispatches run out of time while their gateway stands
   * still.
   */
  Tolerance STANDSTILL =
      (mode, effect, error) ->
          LOST_MEMORY.allows(mode, effect, error)
              || mode == Mode.SYNC
                  && Set.of("NODE_EXECUTION_TIMEOUT", "EXECUTOR_OVER_CAPACITY").contains(error);

  default Tolerance or(Tolerance other) {
    return (mode, effect, error) ->
        allows(mode, effect, error) || other.allows(mode, effect, error);
  }
}
