package ai.vespid.agent.connector;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.connector.ActionFailed;
import java.util.Set;

/** A service outside of Vespid that workflow nodes act on. Calls block, on a virtual thread. */
public interface Connector {
  String id();

  /** The actions that {@link #run} knows. */
  Set<String> actions();

  /** Carries one action out and returns its output. */
  RawJson run(ActionCall call) throws ActionFailed;
}
