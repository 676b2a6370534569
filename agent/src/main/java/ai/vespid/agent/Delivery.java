package ai.vespid.agent;

import ai.vespid.agent.link.Link;
import ai.vespid.agent.work.Journal;
import ai.vespid.agent.work.Outbox;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Results on their way to the gateway: on disk first, then sent, and repeated until acknowledged
 * (defect B1).
 *
 * <p>After a reconnect nothing is sent before the gateway's welcome: until it has matched our hello
 * with what it knows it would take a result for one that nobody asked for. A gateway that never
 * welcomes is one of the original, which acknowledges nothing: it is told once per connection.
 *
 * <p>Confined to the link's context, but for the disk.
 */
final class Delivery {
  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);
  private static final int WRITERS = 8;
  private static final long START_MS = System.nanoTime() / 1_000_000;

  private enum Peer {
    UNKNOWN,
    ACKNOWLEDGES,
    PLAIN
  }

  private final Outbox outbox;
  private final Journal journal;
  private final Link link;
  // One writer per id at a time, so that a result is never removed before it is written.
  private final List<ExecutorService> writers =
      Stream.generate(() -> Executors.newSingleThreadExecutor(Thread.ofVirtual().factory()))
          .limit(WRITERS)
          .toList();
  private final LongAdder drops = new LongAdder();
  private Peer peer = Peer.UNKNOWN;

  Delivery(Outbox outbox, Journal journal, Link link) {
    this.outbox = outbox;
    this.journal = journal;
    this.link = link;
  }

  /** Takes over what an earlier process could not deliver. */
  void restore() throws IOException {
    for (var result : journal.read(Instant.now())) {
      outbox.put(result, nowMs()).forEach(this::dropped);
      outbox.safe(result);
    }
  }

  void deliver(ToolResult result) {
    outbox.put(result, nowMs()).forEach(this::dropped);
    writer(result.requestId())
        .execute(() -> {
          write(result);
          link.run(() -> {
            outbox.safe(result);
            send();
          });
        });
  }

  private void write(ToolResult result) {
    try {
      journal.write(result);
    } catch (IOException e) {
      // It is sent all the same; only the loss of this process could lose it now.
      LOG.atError()
          .addKeyValue("request", result.requestId())
          .addKeyValue("cause", e.getClass().getSimpleName())
          .log("a result could not be journalled");
    }
  }

  /** When its result is still here, answers this attempt with it. */
  boolean answerAgain(String requestId, Integer epoch) {
    var known = outbox.under(requestId, epoch);
    known.ifPresent(this::deliver);
    return known.isPresent();
  }

  void connected() {
    peer = Peer.UNKNOWN;
    outbox.reconnected();
  }

  /** It knows what we hold, and acknowledges. */
  void welcomed() {
    peer = Peer.ACKNOWLEDGES;
    send();
  }

  /** It works without a welcome, so there will be none. */
  void notWelcomed() {
    if (peer != Peer.UNKNOWN) return;
    peer = Peer.PLAIN;
    send();
  }

  /** Repeats and forgets, as time goes by. */
  void tick() {
    outbox.expire(nowMs()).forEach(this::dropped);
    send();
  }

  private void send() {
    // What is repeated into a full socket only waits there, and takes memory.
    if (!link.writable()) return;
    switch (peer) {
      case UNKNOWN -> {}
      case ACKNOWLEDGES -> outbox.due(nowMs()).forEach(link::send);
      case PLAIN -> outbox.unsent(nowMs()).forEach(link::send);
    }
  }

  /**
   * @param wanted false when the gateway that was told has no use for it
   */
  void acknowledged(String requestId, Integer epoch, boolean wanted) {
    boolean kept =
        wanted ? outbox.acknowledged(requestId, epoch) : outbox.unwanted(requestId, epoch, nowMs());
    if (kept) remove(requestId);
  }

  /** How many results were given up; for any thread. */
  long drops() {
    return drops.sum();
  }

  private void dropped(String requestId) {
    drops.increment();
    if (peer != Peer.PLAIN) {
      LOG.atWarn()
          .addKeyValue("request", requestId)
          .log("a result was never acknowledged and is dropped");
    }
    remove(requestId);
  }

  private void remove(String requestId) {
    writer(requestId)
        .execute(() -> {
          try {
            journal.remove(requestId);
          } catch (IOException e) {
            LOG.atWarn()
                .addKeyValue("request", requestId)
                .addKeyValue("cause", e.getClass().getSimpleName())
                .log("a journalled result could not be removed");
          }
        });
  }

  private ExecutorService writer(String requestId) {
    return writers.get(Math.floorMod(requestId.hashCode(), WRITERS));
  }

  List<Held> held() {
    return outbox.held();
  }

  /** True when stopping now loses nothing and nothing more is expected soon. */
  boolean settled() {
    return peer == Peer.ACKNOWLEDGES ? outbox.isEmpty() : outbox.allSafe();
  }

  private static long nowMs() {
    return System.nanoTime() / 1_000_000 - START_MS;
  }
}
