package ai.vespid.gateway.dispatch;

import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Looks after orphans. What a former home decided while it was asked about stays listed until its
 * edge hears of it. And some are held for ever: an agent that changes gateways lists a result in
 * its hello, is thanked for it on its old connection while the new one takes it for held, and says
 * it never again. Once its result is stored, nobody wants it any more.
 */
final class OrphanCare {
  static final long EVERY_MS = 10_000;
  private static final int ASKED_MAX = 200;
  private static final Duration ASK_MAX = Duration.ofSeconds(5);

  private final Surroundings here;
  private final Handover handover;
  private final Supplier<Future<List<Holding>>> holdings;
  private final Runnable changed;
  private Map<String, Long> lookAtMs = Map.of();

  /**
   * @param holdings what all edges hold; fails when not all of them answer
   * @param changed run after the table was
   */
  OrphanCare(
      Surroundings here,
      Handover handover,
      Supplier<Future<List<Holding>>> holdings,
      Runnable changed) {
    this.here = here;
    this.handover = handover;
    this.holdings = holdings;
    this.changed = changed;
  }

  void check() {
    var doubted = handover.orphans();
    if (doubted.isEmpty()) {
      lookAtMs = Map.of();
      return;
    }
    holdings.get().onSuccess(list -> compare(doubted, Orphans.attempts(list)));
  }

  private void compare(List<Holding> doubted, Set<String> held) {
    long nowMs = here.nowMs();
    int asked = 0;
    var kept = new HashMap<String, Long>();
    for (var orphan : doubted) {
      var attempt = Orphans.attempt(orphan.requestId(), orphan.epoch());
      if (!held.contains(attempt)) {
        handover.notHeld(orphan, nowMs);
        continue;
      }
      long atMs = lookAtMs.getOrDefault(attempt, nowMs + EVERY_MS);
      if (atMs <= nowMs && asked++ < ASKED_MAX) {
        lookUp(orphan);
        atMs = nowMs + EVERY_MS;
      }
      kept.put(attempt, atMs);
    }
    lookAtMs = kept;
    changed.run();
  }

  // Without an answer nothing is known of it.
  private void lookUp(Holding orphan) {
    here.ask(ResultStore.at(here.node()), new ResultStore.Get(orphan.requestId()), ASK_MAX)
        .onSuccess(known -> {
          if (!(known instanceof ResultStore.Get.Found)) return;
          handover.unwanted(orphan.requestId(), orphan.organizationId(), here.nowMs());
          changed.run();
        });
  }
}
