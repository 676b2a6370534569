package ai.vespid.bench;

import ai.vespid.protocol.Limits;

/**
 * How fake agents behave.
 *
 * @param plain as those of the original: no bootId, features or acks
 * @param maxInFlight dispatches each takes at once
 * @param workMs how long it pretends to work on one; 0 answers at once
 */
record Manner(boolean plain, int maxInFlight, long workMs) {
  static final Manner USUAL = new Manner(false, Limits.MAX_IN_FLIGHT_MAX, 0);
  static final Manner PLAIN = new Manner(true, Limits.MAX_IN_FLIGHT_MAX, 0);
}
