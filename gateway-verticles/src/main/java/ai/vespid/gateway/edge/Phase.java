package ai.vespid.gateway.edge;

import ai.vespid.protocol.bus.Route;

/** How far the conversation with an agent has come. */
sealed interface Phase {
  /** Connected; its hello is awaited. */
  record Greeting(long sinceMs) implements Phase {}

  /** Its hello is good; the router and the registry are being told. */
  record Joining() implements Phase {}

  record Live(Route route) implements Phase {}

  record Closed() implements Phase {}
}
