package ai.vespid.protocol.bus;

import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.SessionRegistry.Revoked;
import ai.vespid.protocol.executor.GatewayFrame.Workspace;
import ai.vespid.protocol.executor.GatewayFrame.WorkspaceAccess;
import java.util.List;

/**
 * The owner of agents' sockets on one node and shard.
 *
 * <pre>
 * router                      edge
 *   Offer  ------------------->   Accepted | Full | Draining | NotHere
 *   Withdraw ----------------->   Accepted | Full | NotHere (another home decided that offer)
 *   Cancel ------------------->   Done (nothing of it is left there)
 *   Holdings ----------------->   HoldingList (the router has just become home)
 * </pre>
 */
public sealed interface ExecutorEdge<R extends Message> extends Request<R> {
  static Address<ExecutorEdge<?>> at(String node, int shard) {
    return Address.of("edge", node, shard);
  }

  /** Told to every edge of every node; a sweep over the database repairs a lost one. */
  Topic<Revoked> REVOKED = Topic.everywhere("executor-revoked");

  /**
   * Give this dispatch to this executor under this epoch. {@code remainingMs} is the time left
   * until its deadline. Idempotent by request id and epoch. An edge that does not see the node
   * {@code home} answers NOT_HOME: it may be gone, and another one decides.
   */
  record Offer(
      Dispatch dispatch,
      String executorId,
      String connectionId,
      int epoch,
      int remainingMs,
      Workspace workspace,
      WorkspaceAccess workspaceAccess,
      String home)
      implements ExecutorEdge<Offer.Reply> {
    @Override
    public int bulk() {
      return dispatch.bulk();
    }

    /** The same offer whose dispatch has another secret, or none. */
    public Offer withSecret(String other) {
      return new Offer(
          dispatch.withSecret(other),
          executorId,
          connectionId,
          epoch,
          remainingMs,
          workspace,
          workspaceAccess,
          home);
    }

    public sealed interface Reply extends Message {}

    /** The frame is written to the socket. */
    public record Accepted() implements Reply {}

    /** The socket holds as much as it may, or does not drain what is written to it. */
    public record Full() implements Reply {}

    /** The socket or this node is on its way out. */
    public record Draining() implements Reply {}

    /** No such socket here: the route was wrong. */
    public record NotHere() implements Reply {}
  }

  /**
   * Do not take this attempt any more, whoever offers it, however late. Accepted when it is held or
   * was: then it stays. Full when it never was and never will be. Idempotent.
   */
  record Withdraw(String connectionId, String requestId, int epoch)
      implements ExecutorEdge<Offer.Reply> {}

  /**
   * Tell the agent to stop this attempt. Harmless when it is over already. Answered when the agent
   * says that nothing of it is left, when its socket ends, or at once when it is of those that do
   * not say so.
   */
  record Cancel(String executorId, String requestId, int epoch, String reason)
      implements ExecutorEdge<Done> {}

  /**
   * What all sockets of this shard hold. Answered NOT_HOME while the edge sees another home than
   * {@code homes}: once answered, offers of homes that are gone are not taken any more, however
   * late they come. {@code homes} null asks without that.
   */
  record Holdings(List<String> homes) implements ExecutorEdge<HoldingList> {}

  record HoldingList(List<Holding> holdings) implements Message {
    public HoldingList {
      holdings = List.copyOf(holdings);
    }

    @Override
    public int bulk() {
      return 300 * holdings.size();
    }
  }

  /** One assignment on one socket. {@code bootId} null means an agent without our extensions. */
  record Holding(
      String requestId,
      int epoch,
      Pool pool,
      String organizationId,
      String executorId,
      String bootId)
      implements Message {}

  /** A newer connection of the executor exists elsewhere: close this one. */
  record Replaced(String executorId, String connectionId) implements ExecutorEdge<Done> {}
}
