package ai.vespid.gateway.viewers;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Seat;
import ai.vespid.protocol.bus.ClientEdge.Happened;
import ai.vespid.protocol.bus.ClientEdge.StateChanged;
import ai.vespid.protocol.bus.ClientEdge.Streamed;
import ai.vespid.protocol.bus.SessionTurns.Unwatch;
import ai.vespid.protocol.bus.SessionTurns.Watch;
import ai.vespid.protocol.bus.SessionTurns.Watching;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Which sessions are shown here, and to whom; their homes are told so again and again. */
final class Feeds {
  private static final Duration WATCH_MAX = Duration.ofSeconds(16);
  private static final Duration UNWATCH_MAX = Duration.ofSeconds(2);

  private record Feed(String organizationId, Set<Show> shows) {}

  private final Seat self;
  private final HomeCalls homes;
  private final Map<String, Feed> feeds = new HashMap<>();

  Feeds(Seat self, HomeCalls homes) {
    this.self = self;
    this.homes = homes;
  }

  int size() {
    return feeds.size();
  }

  /** Where a session is; from now on this edge is told what happens in it. */
  Future<Watching> watch(String organizationId, String sessionId) {
    return homes
        .askSession(new Watch(organizationId, sessionId, self.node(), self.shard()), WATCH_MAX)
        .map(reply -> {
          if (reply instanceof Watching watching) return watching;
          throw new Fault(Fault.Code.NOT_FOUND, "no such session");
        });
  }

  void add(String organizationId, Show show) {
    feeds
        .computeIfAbsent(show.sessionId(), _ -> new Feed(organizationId, new LinkedHashSet<>()))
        .shows()
        .add(show);
  }

  void remove(Show show) {
    show.end();
    var feed = feeds.get(show.sessionId());
    if (feed == null || !feed.shows().remove(show) || !feed.shows().isEmpty()) return;
    feeds.remove(show.sessionId());
    homes.askSession(
        new Unwatch(feed.organizationId(), show.sessionId(), self.node(), self.shard()),
        UNWATCH_MAX);
  }

  /** Homes move, and messages are lost: both are repaired here. */
  void watchAgain() {
    feeds.forEach((sessionId, feed) ->
        watch(feed.organizationId(), sessionId)
            .onSuccess(watching ->
                each(
                    sessionId,
                    show -> {
                      show.state(watching.state());
                      show.newest(watching.lastSeq());
                    })));
  }

  void happened(Happened news) {
    each(news.sessionId(), show -> show.happened(news.events()));
  }

  void streamed(Streamed piece) {
    each(piece.sessionId(), show -> show.streamed(piece));
  }

  void stateChanged(StateChanged change) {
    each(change.state().sessionId(), show -> show.state(change.state()));
  }

  // A slow viewer is dropped while it is told.
  private void each(String sessionId, Consumer<Show> tell) {
    var feed = feeds.get(sessionId);
    if (feed != null) List.copyOf(feed.shows()).forEach(tell);
  }
}
