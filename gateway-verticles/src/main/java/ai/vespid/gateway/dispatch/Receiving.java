package ai.vespid.gateway.dispatch;

import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.bus.DispatchRouter.Finished;
import ai.vespid.protocol.bus.DispatchRouter.Moving;
import ai.vespid.protocol.bus.DispatchRouter.TakeOver;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Takes what another router gives: once, and unless it is decided already. */
final class Receiving {
  private static final Duration ASK_MAX = Duration.ofSeconds(2);
  private static final int TAKEN_MAX = 10_000;

  private final Surroundings here;
  private final DispatchTable table;
  private final Waiters waiters;
  private final LostHomes lostHomes;
  private final Runnable changed;
  private final Map<String, String> arriving = new HashMap<>();
  private final LinkedHashSet<String> taken = new LinkedHashSet<>();

  /**
   * @param changed run after the table was
   */
  Receiving(
      Surroundings here,
      DispatchTable table,
      Waiters waiters,
      LostHomes lostHomes,
      Runnable changed) {
    this.here = here;
    this.table = table;
    this.waiters = waiters;
    this.lostHomes = lostHomes;
    this.changed = changed;
  }

  /** True while it is here, and not known yet whether it is decided. */
  boolean arriving(String requestId) {
    return arriving.containsKey(requestId);
  }

  /** True while something of these keys is here, and not in the table yet. */
  boolean arrivingAny(Predicate<String> queueKey) {
    return arriving.values().stream().anyMatch(queueKey);
  }

  Future<Done> takeOver(TakeOver over) {
    boolean again = !taken.add(over.id());
    if (taken.size() > TAKEN_MAX) taken.removeFirst();
    if (again) return Future.succeededFuture(new Done());
    for (var moving : over.moving()) {
      var dispatch = moving.dispatch();
      if (table.find(dispatch.requestId()).isPresent()) continue;
      arriving.put(dispatch.requestId(), Demand.of(dispatch).queueKey());
    }
    // Who is with an agent has its run's files: nobody who waits for them may be there before.
    return takeEach(over, true).compose(_ -> takeEach(over, false)).map(_ -> new Done());
  }

  private Future<?> takeEach(TakeOver over, boolean held) {
    return Future.join(
        over.moving().stream()
            .filter(moving -> (moving.holder() != null) == held)
            .map(this::takeUnlessDecided)
            .toList());
  }

  // Its row may have been read and its result decided while it was on its way.
  private Future<?> takeUnlessDecided(Moving moving) {
    var id = moving.dispatch().requestId();
    if (table.find(id).isPresent()) {
      arriving.remove(id);
      take(List.of(moving));
      return Future.succeededFuture();
    }
    return here.ask(ResultStore.at(here.node()), new ResultStore.Get(id), ASK_MAX)
        .otherwiseEmpty()
        .onSuccess(known -> {
          arriving.remove(id);
          if (known instanceof ResultStore.Get.Found(String _, DispatchResult result)) {
            lostHomes.arrived(id);
            waiters.close(id, new Finished(result, true));
          } else {
            take(List.of(moving));
          }
        });
  }

  // The heir may have taken it and be out of sight. What stands in a row, is safe to repeat or is
  // with its agent may be in two hands; the rest must not be begun a second time.
  void takeBack(List<Moving> batch) {
    var lost =
        batch.stream()
            .filter(moving -> !moving.durable() && moving.holder() == null)
            .filter(moving -> moving.dispatch().effect() == EffectClass.AT_MOST_ONCE)
            .toList();
    lost.forEach(moving -> {
      waiters.open(moving.dispatch(), false);
      lostHomes.suspend(moving.dispatch());
    });
    take(batch.stream().filter(moving -> !lost.contains(moving)).toList());
  }

  private void take(List<Moving> batch) {
    for (var moving : batch) {
      lostHomes.arrived(moving.dispatch().requestId());
      var line = waiters.open(moving.dispatch(), moving.durable());
      if (moving.durable()) line.accepted();
      table.handover().resume(moving, here.nowMs());
    }
    changed.run();
  }
}
