package ai.vespid.protocol.bus;

import java.util.Objects;

/**
 * The process an attempt was given to. {@code bootId} null means an agent that does not speak our
 * extensions; {@code connectedAtMs} is when the connection was made on which it was given, 0 when
 * that is not known.
 */
public record Holder(String executorId, String bootId, long connectedAtMs) implements Message {
  public static Holder of(Route route) {
    return new Holder(route.executorId(), route.bootId(), route.connectedAtMs());
  }

  /**
   * True when this is the same process on the same connection or a later one. An earlier one, which
   * a split may leave in sight, tells nothing: what was given later is not known there. An agent
   * without our extensions loses what it has with its connection.
   */
  public boolean isBehind(Route route) {
    if (!Objects.equals(bootId, route.bootId())) return false;
    return bootId == null
        ? connectedAtMs == 0 || route.connectedAtMs() == connectedAtMs
        : route.connectedAtMs() >= connectedAtMs;
  }
}
