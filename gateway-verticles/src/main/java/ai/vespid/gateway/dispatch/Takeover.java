package ai.vespid.gateway.dispatch;

import ai.vespid.kit.node.Homes;
import ai.vespid.kit.node.Seat;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a router that became home must know before it decides: what every edge's sockets hold, what
 * the former homes hand over, and what stands in the database. Until then its new keys wait; those
 * it had before do not.
 *
 * <pre>
 *   Settled ──gained keys──> Asking ──answered──> Asking edges again ──answered──> Reading ──> Settled
 *                              └──────────────── grace over ──────────────────────────┘
 * </pre>
 */
final class Takeover {
  private final Seat self;
  private final Set<Seat> edges = new HashSet<>();
  private final Set<Seat> routers = new HashSet<>();
  private final Map<Seat, Homes> yielded = new HashMap<>();
  private final Set<Seat> arrivals = new LinkedHashSet<>();
  private Set<Seat> begun = Set.of();
  // The last homes under which this router knew everything about its keys.
  private Homes settled = new Homes(List.of());
  private Homes homes = settled;
  private boolean settling;
  private boolean lookedAgain;
  private int round;

  Takeover(Seat self) {
    this.self = self;
  }

  /**
   * Homes changed; true when this router gained keys and has to ask.
   *
   * @param view of which only the homes of dispatches matter here
   * @param edgesAlive whose sockets may hold what is now ours
   * @param routersAlive who may have been home for it
   * @param routersBegun those of them that have decided something, maybe out of our sight
   */
  boolean changed(
      Homes view,
      Collection<Seat> edgesAlive,
      Collection<Seat> routersAlive,
      Collection<Seat> routersBegun) {
    // What heirs say names routers only, and is compared with this.
    var now = new Homes(view.routers());
    var before = homes;
    var came = new LinkedHashSet<>(routersBegun);
    came.removeAll(begun);
    came.remove(self);
    begun = Set.copyOf(routersBegun);
    homes = now;
    // Agreed, more is seen here by now, or over: what an heir had that was seen and is gone has to
    // be found out about.
    yielded.values().removeIf(under -> seesAll(now, under));
    yielded
        .keySet()
        .removeIf(heir -> before.routers().contains(heir) && !now.routers().contains(heir));
    arrivals.retainAll(routersBegun);
    edges.retainAll(edgesAlive);
    routers.retainAll(routersAlive);
    if (!gains(now)) {
      if (!settling) settled = now;
      // Who comes may have been home for what is ours: in the other half of a split.
      if (now.routers().contains(self)) arrivals.addAll(came);
      return false;
    }
    arrivals.clear();
    settling = true;
    round++;
    edges.clear();
    edges.addAll(edgesAlive);
    routers.clear();
    routers.addAll(routersAlive);
    routers.remove(self);
    lookedAgain = routers.isEmpty();
    return true;
  }

  private static boolean seesAll(Homes now, Homes under) {
    return now.routers().containsAll(under.routers());
  }

  private boolean gains(Homes now) {
    if (!now.routers().contains(self)) return false;
    return settling || !settled.routers().contains(self) || !seesAll(now, settled);
  }

  /** Routers that came and have not said yet whether something of ours is with them. */
  Set<Seat> arrivals() {
    return Set.copyOf(arrivals);
  }

  /** It has given us what it had of ours, or is not waited for any longer. */
  void arrivalAnswered(Seat router) {
    arrivals.remove(router);
  }

  /** Which asking this is: answers to an earlier one do not count. */
  int round() {
    return round;
  }

  void edgeAnswered(Seat edge) {
    edges.remove(edge);
  }

  void routerAnswered(Seat router) {
    routers.remove(router);
  }

  /** Everybody answered, or is not waited for any longer: the database is next. */
  boolean answered() {
    return edges.isEmpty() && routers.isEmpty();
  }

  /**
   * True once, when everybody has answered: edges have to be asked again. A former home gives out
   * work until it answers; and what it gave to a third home on the way, which answered before that
   * had arrived, only an edge can tell of. That one brings it when it can, and until then a result
   * of it is kept as that of an orphan.
   */
  boolean looksAgain(Collection<Seat> edgesAlive) {
    if (lookedAgain || !answered()) return false;
    lookedAgain = true;
    edges.addAll(edgesAlive);
    return !edges.isEmpty();
  }

  /** Who is waited for. */
  Set<Seat> unanswered() {
    var all = new LinkedHashSet<>(edges);
    all.addAll(routers);
    return all;
  }

  /** Whoever did not answer within the grace is not waited for. */
  void graceOver() {
    edges.clear();
    routers.clear();
    lookedAgain = true;
  }

  /** The database was read: everything is known. */
  void done() {
    settling = false;
    settled = homes;
  }

  boolean settling() {
    return settling;
  }

  /** Another router showed that it is home under these homes, which we do not see ourselves. */
  void yielded(Seat heir, Homes under) {
    if (!seesAll(homes, under)) yielded.put(heir, under);
  }

  /**
   * The heir was never seen: what was its is as our own view says. True when that is news: what
   * happened meanwhile has to be found out, as after a change of home.
   */
  boolean heirLost(Seat heir) {
    if (yielded.remove(heir) == null) return false;
    settled = new Homes(List.of());
    return true;
  }

  boolean mine(String key) {
    if (homes.routers().isEmpty() || !homes.seatOf(key).equals(self)) return false;
    return yielded.entrySet().stream()
        .noneMatch(heir -> heir.getValue().seatOf(key).equals(heir.getKey()));
  }

  /** True while another router may still have something of this key: what is unknown may come. */
  boolean unsure(String key) {
    return mine(key) && (settling || !arrivals.isEmpty());
  }

  /** True while this key is ours and not everything about it is known. */
  boolean waits(String key) {
    if (!settling || !mine(key)) return false;
    return settled.routers().isEmpty() || !settled.seatOf(key).equals(self);
  }
}
