package ai.vespid.kit.node;

import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.DispatchRouter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Who decides about a key right now: a rendezvous hash over the nodes and shards that run the
 * verticle. A pure function of the view, so nobody has to be asked and nothing is registered.
 */
public record Homes(List<Seat> routers) {
  public Homes {
    routers = List.copyOf(routers);
  }

  /** What the pool's queue is keyed by: an organization's own, or one for all organizations. */
  public static String queueKey(Pool pool, String organizationId) {
    return pool == Pool.MANAGED ? "managed" : "byon:" + organizationId;
  }

  public Address<DispatchRouter<?>> router(String key) {
    var seat = seatOf(key);
    return DispatchRouter.at(seat.node(), seat.shard());
  }

  /** The seat with the highest hash for this key; when a seat goes, only its keys move. */
  public Seat seatOf(String key) {
    if (routers.size() == 1) return routers.getFirst();
    Seat best = null;
    long bestHash = Long.MIN_VALUE;
    for (var seat : routers) {
      long hash = hash(seat.node() + '/' + seat.shard() + '|' + key);
      if (best == null || hash > bestHash) {
        best = seat;
        bestHash = hash;
      }
    }
    if (best == null) throw new IllegalStateException("no node runs a dispatch-router");
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
