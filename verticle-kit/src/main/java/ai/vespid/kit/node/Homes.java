package ai.vespid.kit.node;

import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.DispatchRouter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Who decides about a key right now: a rendezvous hash over the nodes and shards that run the
 * verticle. A pure function of the view, so nobody has to be asked and nothing is registered.
 *
 * @param sessions where turns of sessions are decided
 */
public record Homes(List<Seat> routers, List<Seat> sessions) {
  public Homes {
    routers = List.copyOf(routers);
    sessions = List.copyOf(sessions);
  }

  /** Those of dispatches only. */
  public Homes(List<Seat> routers) {
    this(routers, List.of());
  }

  /** What the pool's queue is keyed by: an organization's own, or one for all organizations. */
  public static String queueKey(Pool pool, String organizationId) {
    return pool == Pool.MANAGED ? "managed" : "byon:" + organizationId;
  }

  public Address<DispatchRouter<?>> router(String key) {
    var seat = seatOf(key);
    return DispatchRouter.at(seat.node(), seat.shard());
  }

  /** The home of a session; empty while no node runs session-turns. */
  public Optional<Seat> session(String sessionId) {
    return sessions.isEmpty()
        ? Optional.empty()
        : Optional.of(highest(sessions, "session:" + sessionId));
  }

  /** The seat with the highest hash for this key; when a seat goes, only its keys move. */
  public Seat seatOf(String key) {
    if (routers.isEmpty()) throw new IllegalStateException("no node runs a dispatch-router");
    return highest(routers, key);
  }

  private static Seat highest(List<Seat> seats, String key) {
    Seat best = seats.getFirst();
    if (seats.size() == 1) return best;
    long bestHash = Long.MIN_VALUE;
    for (var seat : seats) {
      long hash = hash(seat.text() + '|' + key);
      if (hash > bestHash) {
        best = seat;
        bestHash = hash;
      }
    }
    return best;
  }

  /** Whether this node is home; nobody is while none serves. */
  public boolean isHome(String node, String key) {
    return !routers.isEmpty() && seatOf(key).node().equals(node);
  }

  private static long hash(String text) {
    var crc = new CRC32C();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    // CRC is linear: mix it, or seats that differ in one character would share their order.
    long mixed = crc.getValue() * 0x9E3779B97F4A7C15L;
    mixed ^= mixed >>> 32;
    return mixed * 0xD6E8FEB86659FD93L;
  }
}
