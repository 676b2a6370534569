package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter.Await;
import ai.vespid.protocol.bus.DispatchRouter.Finished;
import ai.vespid.protocol.bus.DispatchRouter.Refused;
import ai.vespid.protocol.bus.DispatchRouter.Reply;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What callers hand in: joined when it is open, answered when it is decided, suspended when nobody
 * can tell whether it was begun, and given to the table when it is new.
 */
final class Intake {
  private static final Duration ASK_MAX = Duration.ofSeconds(5);

  /** Who counts. */
  interface Counts {
    void submitted(boolean async);

    void refused(ErrorCode code);
  }

  private final Surroundings here;
  private final DispatchTable table;
  private final Waiters waiters;
  private final Claims claims;
  private final Succession succession;
  private final LostHomes lostHomes;
  private final Predicate<Dispatch> canStore;
  private final Counts counts;
  private final Runnable changed;

  /**
   * @param canStore whether a durable dispatch's secret, if it has one, can be stored
   * @param changed run after the table was
   */
  Intake(
      Surroundings here,
      DispatchTable table,
      Waiters waiters,
      Claims claims,
      Succession succession,
      LostHomes lostHomes,
      Predicate<Dispatch> canStore,
      Counts counts,
      Runnable changed) {
    this.here = here;
    this.table = table;
    this.waiters = waiters;
    this.claims = claims;
    this.succession = succession;
    this.lostHomes = lostHomes;
    this.canStore = canStore;
    this.counts = counts;
    this.changed = changed;
  }

  Future<Reply> await(Await again) {
    succession.check(again.key());
    var open = waiters.join(again.requestId(), again.organizationId());
    if (open != null) return open;
    return here.ask(ResultStore.at(here.node()), new ResultStore.Get(again.requestId()), ASK_MAX)
        .map(found -> {
          if (found instanceof ResultStore.Get.Found(String organizationId, DispatchResult result)
              && organizationId.equals(again.organizationId())) {
            return new Finished(result, true);
          }
          throw new Fault(Fault.Code.NOT_FOUND, "never handed in here");
        });
  }

  Future<Reply> submit(Dispatch dispatch, boolean async) {
    counts.submitted(async);
    succession.check(Demand.of(dispatch).queueKey());
    var open = waiters.join(dispatch, async);
    if (open != null) return open;
    var adopted = async ? Optional.<Future<Reply>>empty() : lostHomes.adopted(dispatch);
    if (adopted.isPresent()) return adopted.get();
    if (async && !canStore.test(dispatch)) {
      return refused(ErrorCode.SECRETS_NOT_CONFIGURED, "set SECRETS_KEK_BASE64 to store secrets");
    }
    var line = waiters.open(dispatch, async);
    claims.claim(dispatch.requestId()).onSuccess(answer -> claimed(dispatch, async, answer));
    return line.answer(async);
  }

  /** Nobody wants it any more, wherever it stands. */
  void cancel(String requestId, String organizationId) {
    table.cancel(requestId, organizationId, here.nowMs());
    // Being claimed, or waiting for its agent: it is not begun any more.
    if (table.find(requestId).isEmpty() && waiters.join(requestId, organizationId) != null) {
      lostHomes.arrived(requestId);
      waiters.close(
          requestId, new Finished(DispatchResult.failed(ErrorCode.DISPATCH_CANCELED), false));
    }
    changed.run();
  }

  private void claimed(Dispatch dispatch, boolean async, Claims.Answer answer) {
    var requestId = dispatch.requestId();
    // It arrived from its former home while it was claimed.
    if (table.find(requestId).isPresent()) return;
    if (!waiters.has(requestId) || !succession.mine(Demand.of(dispatch).queueKey())) {
      giveBack(requestId, answer).onComplete(_ -> waiters.moved(requestId));
      return;
    }
    switch (answer) {
      case Claims.Answer.Decided decided -> {
        if (decided.organizationId().equals(dispatch.organizationId())) {
          waiters.close(requestId, new Finished(decided.result(), true));
        } else {
          Waiters.conflict().onSuccess(no -> waiters.close(requestId, no));
        }
      }
      // A row decides for durable ones. In memory only the holder knew whether it was begun.
      case Claims.Answer.Taken _ when !async && dispatch.effect() == EffectClass.AT_MOST_ONCE -> {
        if (!lostHomes.resumed(dispatch)) lostHomes.suspend(dispatch);
      }
      case Claims.Answer.Taken _, Claims.Answer.Granted _ -> take(dispatch, async, answer);
    }
  }

  // The next home asks when it was told so: it would find it taken by one that never began it.
  private Future<Void> giveBack(String requestId, Claims.Answer answer) {
    return answer instanceof Claims.Answer.Granted grant
        ? claims.release(requestId, grant)
        : Future.succeededFuture();
  }

  private void take(Dispatch dispatch, boolean async, Claims.Answer answer) {
    if (!async && lostHomes.resumed(dispatch)) return;
    // The agents of a home that has just begun are still coming back. Who may wait waits for them;
    // who commands one is told at once that it is not there.
    boolean patient = dispatch.maxWaitMs() > 0 && dispatch.kind() != Kind.AGENT_COMMAND;
    boolean expected = patient && succession.recent();
    var refusal = table.refusal(dispatch, expected).orElse(null);
    if (refusal != null) {
      giveBack(dispatch.requestId(), answer)
          .transform(_ -> refused(refusal, text(refusal)))
          .onSuccess(no -> waiters.close(dispatch.requestId(), no));
      return;
    }
    table.submit(dispatch, async, here.nowMs());
    changed.run();
  }

  private static String text(ErrorCode refusal) {
    return refusal == ErrorCode.NO_AGENT_AVAILABLE
        ? "no connected executor can take this dispatch"
        : "too many dispatches wait already";
  }

  private Future<Reply> refused(ErrorCode code, String message) {
    counts.refused(code);
    return Future.succeededFuture(new Refused(code, message));
  }
}
