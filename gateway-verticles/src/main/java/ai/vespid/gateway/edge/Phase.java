package ai.vespid.gateway.edge;

import ai.vespid.protocol.bus.Route;

/** How far the conversation with an agent has come. */
sealed interface Phase {
  /** Connected; its hello is awaited. */
  record Greeting(long sinceMs) implements Phase {}

  /** Its hello is good; the router and the registry are being told. */
  record Joining(Route route) implements Phase {}

  record Live(Route route) implements Phase {}

  record Closed() implements Phase {}

  /** A result now is not compared yet with what was given; its agent says it again. */
  default boolean tooEarlyForResults() {
    return this instanceof Joining(Route route) && route.acknowledges();
  }

  /** Agents of the original say a result once; ours repeat it. */
  default boolean saysResultsOnce() {
    return this instanceof Live(Route route) && !route.acknowledges();
  }
}
