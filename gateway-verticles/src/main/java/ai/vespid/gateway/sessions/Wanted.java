package ai.vespid.gateway.sessions;

import ai.vespid.protocol.Kind;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.engine.NodeEngine;

/**
 * What a session's host has to offer.
 *
 * @param engine that thinks there; null when it thinks elsewhere
 * @param key whether a key for the engine comes along
 */
record Wanted(Kind kind, NodeEngine engine, boolean key) {
  /** A place for tools. */
  static final Wanted TOOLS = new Wanted(Kind.AGENT_EXECUTE, null, false);

  /** A place for an engine, which brings tools of its own. */
  static Wanted of(NodeEngine engine, boolean key) {
    return new Wanted(Kind.AGENT_RUN, engine, key);
  }

  /** How a dispatch names it; null when any host will do. */
  String named() {
    if (engine == null) return null;
    return key ? engine.withKey() : engine.withLogin();
  }

  boolean offeredBy(Route host) {
    return host.kinds().contains(kind) && (engine == null || names(host, named()));
  }

  /** Whether only the login is missing there. */
  boolean hasProgram(Route host) {
    return engine != null && host.kinds().contains(kind) && names(host, engine.withKey());
  }

  // One of the original names none, and has what it has.
  private static boolean names(Route host, String offer) {
    return host.connectors() == null || host.connectors().contains(offer);
  }
}
