package ai.vespid.protocol.bus;

import java.util.List;

/**
 * Which executor is connected where, on this node's copy of the truth.
 *
 * <p>An edge announces what connects and what goes ({@link Connected}, {@link Seen}, {@link
 * Disconnected}); the registry keeps the newest connection of each executor and publishes every
 * change to the routers of its node on {@link #changes}. A router that starts asks for a {@link
 * Snapshot}.
 */
public sealed interface SessionRegistry<R extends Message> extends Request<R> {
  static Address<SessionRegistry<?>> at(String node) {
    return new Address<>("registry@" + node);
  }

  /** Route changes as this node's registry learns them. */
  static Topic<Change> changes(String node) {
    return new Topic<>("routes@" + node);
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
