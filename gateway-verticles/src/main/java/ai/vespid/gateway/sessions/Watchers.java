package ai.vespid.gateway.sessions;

import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.ClientEdge;
import ai.vespid.protocol.bus.Done;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;

/**
 * The edges that have viewers of one session. What an edge does not take in time it reads from the
 * table later; it never slows the session.
 */
final class Watchers {
  /** Who did not say again that it watches has none any more. */
  static final long FORGOTTEN_MS = 20_000;

  /** Pieces on their way to one edge; more are left out, the final text has them. */
  static final int STREAM_WINDOW = 256;

  private static final Duration TELL_MAX = Duration.ofSeconds(5);

  private static final class Watcher {
    long heardMs;
    int onTheWay;
  }

  private final Surroundings here;
  private final Map<Seat, Watcher> watchers = new HashMap<>();

  Watchers(Surroundings here) {
    this.here = here;
  }

  void add(Seat edge) {
    watchers.computeIfAbsent(edge, _ -> new Watcher()).heardMs = here.nowMs();
  }

  void remove(Seat edge) {
    watchers.remove(edge);
  }

  boolean none() {
    watchers.values().removeIf(watcher -> here.nowMs() - watcher.heardMs > FORGOTTEN_MS);
    return watchers.isEmpty();
  }

  void tell(ClientEdge<Done> news) {
    for (var edge : new ArrayList<>(watchers.keySet())) send(edge, watchers.get(edge), news);
  }

  /** As {@link #tell}, but left out where too much is on its way already. */
  void stream(ClientEdge<Done> piece) {
    for (var edge : new ArrayList<>(watchers.keySet())) {
      var watcher = watchers.get(edge);
      if (watcher.onTheWay < STREAM_WINDOW) send(edge, watcher, piece);
    }
  }

  private void send(Seat edge, Watcher watcher, ClientEdge<Done> news) {
    watcher.onTheWay++;
    here.ask(ClientEdge.at(edge.node(), edge.shard()), news, TELL_MAX)
        .onComplete(_ -> watcher.onTheWay--);
  }
}
