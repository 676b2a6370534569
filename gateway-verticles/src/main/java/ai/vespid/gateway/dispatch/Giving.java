package ai.vespid.gateway.dispatch;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toSet;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Homes;
import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.DispatchRouter.Moving;
import ai.vespid.protocol.bus.DispatchRouter.TakeOver;
import ai.vespid.protocol.bus.Done;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives dispatches to the router that is home for them now, again and again until they arrived. */
final class Giving {
  private static final Logger LOG = LoggerFactory.getLogger(Giving.class);
  private static final Duration ASK_MAX = Duration.ofSeconds(2);
  private static final long AGAIN_MS = 100;
  private static final int BATCH_MAX = 100;
  private static final int BATCH_BYTES_MAX = 1024 * 1024;

  private final Surroundings here;
  private final Seat self;
  private final DispatchTable table;
  private final Waiters waiters;
  private final Consumer<List<Moving>> takeBack;
  private final Predicate<String> mine;
  private final Predicate<Predicate<String>> arriving;
  private final Runnable givingAway;
  private final Runnable changed;
  private final Map<Seat, Integer> onTheWay = new HashMap<>();
  private final Map<Seat, Future<Void>> sent = new HashMap<>();
  private long batches;

  /**
   * @param takeBack takes back what may not have arrived
   * @param mine whether this router is home for a key, and no heir showed that it is
   * @param arriving whether something of these keys is here, and not in the table yet
   * @param givingAway run before something is given away
   * @param changed run after the table was
   */
  Giving(
      Surroundings here,
      Seat self,
      DispatchTable table,
      Waiters waiters,
      Consumer<List<Moving>> takeBack,
      Predicate<String> mine,
      Predicate<Predicate<String>> arriving,
      Runnable givingAway,
      Runnable changed) {
    this.here = here;
    this.self = self;
    this.table = table;
    this.waiters = waiters;
    this.takeBack = takeBack;
    this.mine = mine;
    this.arriving = arriving;
    this.givingAway = givingAway;
    this.changed = changed;
  }

  /** Dispatches that were given away and have not arrived. */
  int onTheWay() {
    return onTheWay.values().stream().mapToInt(Integer::intValue).sum();
  }

  /**
   * Gives what this router has and another one is home for to that one, every second: what was on
   * its way while homes moved twice.
   */
  void strays(Homes homes) {
    if (homes.routers().isEmpty()) return;
    var byHeir =
        table.handover().keys().stream()
            .filter(key -> !homes.seatOf(key).equals(self))
            .collect(groupingBy(homes::seatOf, LinkedHashMap::new, toSet()));
    byHeir.forEach((heir, keys) -> giveOnce(keys::contains, heir));
  }

  /** Everything of these keys; done when the heir has it. */
  Future<Done> everything(Predicate<String> heirs, Seat heir) {
    var given = Promise.<Done>promise();
    everything(heirs, heir, given);
    return given.future();
  }

  private void everything(Predicate<String> heirs, Seat heir, Promise<Done> given) {
    // It is gone, leaves or is not seen yet, or its question is of an earlier view: it asks again.
    // What is given to it would only come back.
    if (!here.view().mayBeHome(heir)
        || table.handover().keys().stream().anyMatch(heirs.and(mine))) {
      given.fail(new Fault(Fault.Code.NOT_HOME, "not seen here"));
      return;
    }
    giveOnce(heirs, heir)
        .onComplete(_ -> {
          // What is being written can only follow when it is written, and what has just come when
          // it
          // is in the table; what was given to the heir before, strays or an earlier answer, must
          // have arrived too.
          boolean all =
              !table.handover().holdsAny(heirs)
                  && !arriving.test(heirs)
                  && !onTheWay.containsKey(heir);
          if (all) given.complete(new Done());
          else here.later(AGAIN_MS, () -> everything(heirs, heir, given));
        });
  }

  private Future<?> giveOnce(Predicate<String> heirs, Seat heir) {
    var ids = table.handover().movable(heirs);
    if (ids.isEmpty()) return Future.succeededFuture();
    givingAway.run();
    var given = new ArrayList<Moving>();
    for (var id : ids) {
      given.add(table.handover().give(id, here.nowMs()));
      waiters.moved(id);
    }
    onTheWay.merge(heir, given.size(), Integer::sum);
    changed.run();
    // There, in turn, who waits for files comes after those who have them; these may have been
    // given a moment ago.
    var arrived = sent.getOrDefault(heir, Future.succeededFuture());
    for (var batch : batches(given.reversed())) {
      arrived = arrived.compose(_ -> send(batch, heir));
    }
    var last = arrived;
    sent.put(heir, last);
    return last.onComplete(_ -> sent.remove(heir, last));
  }

  private static List<List<Moving>> batches(List<Moving> all) {
    var batches = new ArrayList<List<Moving>>();
    var batch = new ArrayList<Moving>();
    int bytes = 0;
    for (var moving : all) {
      batch.add(moving);
      bytes += moving.bulk();
      if (batch.size() < BATCH_MAX && bytes < BATCH_BYTES_MAX) continue;
      batches.add(List.copyOf(batch));
      batch.clear();
      bytes = 0;
    }
    if (!batch.isEmpty()) batches.add(batch);
    return batches;
  }

  // Until it arrived, or the heir is gone and it is whose home it is then.
  private Future<Void> send(List<Moving> batch, Seat heir) {
    var arrived = Promise.<Void>promise();
    var over = new TakeOver(self.text() + '#' + ++batches, batch);
    attempt(over, heir, arrived);
    return arrived.future().onComplete(_ -> less(heir, batch.size()));
  }

  private void less(Seat heir, int arrived) {
    onTheWay.computeIfPresent(heir, (_, count) -> count == arrived ? null : count - arrived);
  }

  private void attempt(TakeOver over, Seat heir, Promise<Void> arrived) {
    if (heir.equals(self) || !here.view().has(heir.node())) {
      reclaim(over.moving());
      arrived.complete();
      return;
    }
    here.ask(DispatchRouter.at(heir.node(), heir.shard()), over, ASK_MAX)
        .onSuccess(_ -> arrived.complete())
        .onFailure(_ -> here.later(AGAIN_MS, () -> attempt(over, heir, arrived)));
  }

  private void reclaim(List<Moving> batch) {
    LOG.atWarn()
        .addKeyValue("dispatches", batch.size())
        .log("the new home was gone before they arrived: they stay");
    takeBack.accept(batch);
  }
}
