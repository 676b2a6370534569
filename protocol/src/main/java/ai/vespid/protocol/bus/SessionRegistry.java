package ai.vespid.protocol.bus;

import java.util.List;

/**
 * Which executor is connected where, on this node's copy of the truth.
 *
 * <p>Registries of different nodes tell each other what connects and goes on their own node ({@link
 * #FEED}), numbered, and every few seconds what it all comes to ({@link FeedDigest}). Who missed
 * something asks for the {@link Own} routes of that node again.
 *
 * <p>An edge announces what connects and what goes ({@link Connected}, {@link Seen}, {@link
 * Disconnected}); the registry keeps the newest connection of each executor and publishes every
 * change to the routers of its node on {@link #changes}. A router that starts asks for a {@link
 * Snapshot}.
 */
public sealed interface SessionRegistry<R extends Message> extends Request<R> {
  static Address<SessionRegistry<?>> at(String node) {
    return Address.of("registry", node);
  }

  /** Told to the edges of a node when its registry starts with nothing: say again who is there. */
  static Topic<Started> started(String node) {
    return Topic.on(node, "registry-started");
  }

  record Started() implements Message {}

  /** Route changes as this node's registry learns them. */
  static Topic<Change> changes(String node) {
    return Topic.on(node, "routes");
  }

  /** Told by every registry to all others; what is lost shows in the next digest. */
  Topic<FeedNews> FEED = Topic.everywhere("registry-feed");

  /** Signs of life of executors, for every node's lists. */
  Topic<Seen> SEEN = Topic.everywhere("executors-seen");

  /** What one registry says about its own node. {@code seq} counts on, over restarts too. */
  sealed interface FeedNews extends Message {
    String node();

    long seq();
  }

  record FeedUp(String node, long seq, Route route) implements FeedNews {}

  record FeedDown(String node, long seq, String executorId, String connectionId)
      implements FeedNews {}

  /** What all changes up to {@code seq} come to. */
  record FeedDigest(String node, long seq, int count, long hash) implements FeedNews {}

  /** The routes of the node that is asked, as of {@code seq}. */
  record Own() implements SessionRegistry<OwnRoutes> {}

  record OwnRoutes(long seq, List<Route> routes) implements Message {
    public OwnRoutes {
      routes = List.copyOf(routes);
    }
  }

  /** One change of one route. */
  sealed interface Change extends Message {}

  record RouteUp(Route route) implements Change {}

  /** The executor's connection with this id is gone; a newer one is not affected (B3). */
  record RouteDown(String executorId, String connectionId, String organizationId)
      implements Change {}

  /** An executor connected, or what it can do changed. Newest {@code connectedAtMs} wins. */
  record Connected(Route route) implements SessionRegistry<Done> {}

  record Disconnected(String executorId, String connectionId) implements SessionRegistry<Done> {}

  /** These executors said something since the edge last told. Kept for {@code lastSeenAt}. */
  record Seen(List<String> executorIds, long atMs) implements SessionRegistry<Done> {}

  /** The routes of one organization's own executors, or of the managed pool when null. */
  record Routes(String organizationId) implements SessionRegistry<RouteList> {}

  record Snapshot() implements SessionRegistry<RouteList> {}

  record RouteList(List<Route> routes) implements Message {
    public RouteList {
      routes = List.copyOf(routes);
    }

    @Override
    public int bulk() {
      return 500 * routes.size();
    }
  }

  /** An executor's token is no longer good. */
  record Revoked(String executorId) implements Message {}

  /** Control-plane tags of an executor were changed. */
  record Retagged(String executorId, List<String> tags) implements SessionRegistry<Done> {
    public Retagged {
      tags = List.copyOf(tags);
    }
  }
}
