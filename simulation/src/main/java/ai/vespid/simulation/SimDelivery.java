package ai.vespid.simulation;

import ai.vespid.agent.work.Outbox;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * As the agent's {@code Delivery}, over the same {@link Outbox}: results are journalled, then sent,
 * and repeated until they are acknowledged. The journal outlives the process.
 */
final class SimDelivery {
  private static final Outbox.Limits LIMITS = new Outbox.Limits(1_000, 1 << 20, 900_000, 5_000);

  private enum Peer {
    UNKNOWN,
    ACKNOWLEDGES,
    PLAIN
  }

  private final Cluster cluster;
  private final World world;
  private final Actor actor;
  private final Consumer<ToolResult> send;
  private final Map<String, ToolResult> journal = new LinkedHashMap<>();
  private Outbox outbox;
  private Peer peer;

  /**
   * @param send gives a result to the link, if there is one
   */
  SimDelivery(Cluster cluster, Actor actor, Consumer<ToolResult> send) {
    this.cluster = cluster;
    this.world = cluster.world;
    this.actor = actor;
    this.send = send;
  }

  /** Takes over what an earlier process could not deliver. */
  void restore() {
    outbox = new Outbox(LIMITS);
    peer = Peer.UNKNOWN;
    for (var result : journal.values()) {
      outbox.put(result, world.nowMs());
      outbox.safe(result);
    }
  }

  boolean isEmpty() {
    return outbox.isEmpty();
  }

  List<Held> held() {
    return outbox.held();
  }

  void connected() {
    peer = Peer.UNKNOWN;
    outbox.reconnected();
  }

  void welcomed() {
    peer = Peer.ACKNOWLEDGES;
    send();
  }

  void notWelcomed() {
    if (peer != Peer.UNKNOWN) return;
    peer = Peer.PLAIN;
    send();
  }

  void tick() {
    outbox.expire(world.nowMs()).forEach(journal::remove);
    send();
  }

  private void send() {
    switch (peer) {
      case UNKNOWN -> {}
      case ACKNOWLEDGES -> outbox.due(world.nowMs()).forEach(send);
      case PLAIN -> outbox.unsent(world.nowMs()).forEach(send);
    }
  }

  void deliver(ToolResult result) {
    if (cluster.omits(Mutant.RESULT_NOT_KEPT)) {
      send.accept(result);
      return;
    }
    outbox.put(result, world.nowMs()).forEach(journal::remove);
    world.in(world.between(0, 30), actor, "journalled", () -> journalled(result));
  }

  private void journalled(ToolResult result) {
    journal.put(result.requestId(), result);
    outbox.safe(result);
    send();
  }

  /** When its result is still here, answers this attempt with it. */
  boolean answerAgain(String requestId, Integer epoch) {
    var known = outbox.under(requestId, epoch);
    known.ifPresent(this::deliver);
    return known.isPresent();
  }

  void acknowledged(String requestId, Integer epoch, boolean accepted) {
    var kept = journal.get(requestId);
    boolean was =
        accepted
            ? outbox.acknowledged(requestId, epoch)
            : outbox.unwanted(requestId, epoch, world.nowMs());
    if (!was) return;
    journal.remove(requestId);
    world.say(actor, "forgets", requestId, "e" + epoch, accepted ? "accepted" : "unwanted");
    if (kept == null) return;
    if (accepted) cluster.history.forgotten(requestId, resultOf(kept));
    else cluster.history.unwanted(requestId, awaited(requestId, epoch));
  }

  private boolean awaited(String requestId, Integer epoch) {
    return cluster.nodes.stream()
        .flatMap(node -> node.shell().stream())
        .anyMatch(router -> router.awaits(requestId, epoch, actor.name()));
  }

  static DispatchResult resultOf(ToolResult said) {
    return new DispatchResult(said.status(), said.output(), said.error(), null);
  }
}
