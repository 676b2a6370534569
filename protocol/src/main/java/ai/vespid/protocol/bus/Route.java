package ai.vespid.protocol.bus;

import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.executor.ExecutorFrame.EngineAuth;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where one executor is connected and what it can take. {@code tags} are the control plane's and
 * decide; {@code reportedTags} are hints for people. {@code connectors} null means any. {@code
 * bootId} null means an agent that does not speak our extensions. {@code draining} is the control
 * plane's word: it is given nothing more. {@code leaving} is its gateway's: this connection ends as
 * soon as the agent has its next one.
 */
public record Route(
    String executorId,
    String connectionId,
    String edgeNode,
    int edgeShard,
    Pool pool,
    String organizationId,
    String name,
    Set<String> tags,
    List<String> reportedTags,
    int maxInFlight,
    Set<Kind> kinds,
    Set<String> connectors,
    Map<String, EngineAuth> engineAuth,
    String bootId,
    long connectedAtMs,
    long lastSeenAtMs,
    boolean draining,
    boolean leaving)
    implements Message {
  public Route {
    tags = Set.copyOf(tags);
    reportedTags = List.copyOf(reportedTags);
    kinds = Set.copyOf(kinds);
    connectors = connectors == null ? null : Set.copyOf(connectors);
    engineAuth = engineAuth == null ? Map.of() : Map.copyOf(engineAuth);
  }

  /** True when the agent acknowledges dispatches and repeats results. */
  public boolean acknowledges() {
    return bootId != null;
  }

  /**
   * True when something new may be given to it. An agent without our extensions cannot take its
   * next connection before it gives up this one: where that has to end it must come to rest.
   */
  public boolean takesMore() {
    return !draining && (!leaving || acknowledges());
  }

  /** The same route with other control-plane tags. */
  public Route withTags(Set<String> newTags) {
    return with(newTags, lastSeenAtMs, leaving);
  }

  /** The same route, seen at another time. */
  public Route withLastSeenAtMs(long atMs) {
    return with(tags, atMs, leaving);
  }

  /** The same route, whose gateway is about to leave. */
  public Route toLeave() {
    return with(tags, lastSeenAtMs, true);
  }

  private Route with(Set<String> newTags, long seenAtMs, boolean ends) {
    return new Route(
        executorId,
        connectionId,
        edgeNode,
        edgeShard,
        pool,
        organizationId,
        name,
        newTags,
        reportedTags,
        maxInFlight,
        kinds,
        connectors,
        engineAuth,
        bootId,
        connectedAtMs,
        seenAtMs,
        draining,
        ends);
  }

  public Address<ExecutorEdge<?>> edge() {
    return ExecutorEdge.at(edgeNode, edgeShard);
  }
}
