package ai.vespid.gateway.sessions;

import ai.vespid.kit.node.Homes;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.DispatchRouter.Finished;
import ai.vespid.protocol.bus.DispatchRouter.Refused;
import ai.vespid.protocol.bus.Route;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What a session's host does for one turn: ordinary dispatches, one at a time, of which a cancel
 * reaches the one that is under way.
 */
final class HostWork {
  private static final Duration CANCEL_MAX = Duration.ofSeconds(6);
  private static final long ANSWER_GRACE_MS = 5_000;
  private static final long AGAIN_MS = 250;
  private static final int REFUSALS_MAX = 4;

  private final World world;
  private final Session session;
  private final Hosting hosting;
  // The dispatch that has not answered, whoever sent it.
  private String underWay;
  // Whose home has it; null while only an owner before this one can have sent it, and the host it
  // chose may have been given up since.
  private Pool pool;
  // By this owner, and not answered: it may be on its way.
  private boolean sent;

  HostWork(World world, Session session, Hosting hosting) {
    this.world = world;
    this.session = session;
    this.hosting = hosting;
  }

  Future<Route> host(Wanted wanted) {
    return hosting.host(wanted);
  }

  /** From now on a cancel reaches this dispatch: an owner before this one may have sent it. */
  void expect(String requestId) {
    underWay = requestId;
    pool = null;
  }

  /** Does something of which this dispatch is a part, and which ends when it has its answer. */
  <T> Future<T> during(String requestId, Supplier<Future<T>> work) {
    expect(requestId);
    return work.get()
        .onComplete(_ -> {
          if (!hosting.over()) underWay = null;
        });
  }

  /** On the host, or on the next one when that went just now. */
  Future<DispatchResult> onHost(Wanted wanted, Function<Route, Future<DispatchResult>> work) {
    return onHost(wanted, work, 0);
  }

  private Future<DispatchResult> onHost(
      Wanted wanted, Function<Route, Future<DispatchResult>> work, int refusals) {
    return hosting
        .host(wanted)
        .compose(work)
        .compose(result -> {
          boolean nobody = ErrorCode.NO_AGENT_AVAILABLE.name().equals(result.error());
          if (!nobody || refusals == REFUSALS_MAX) return Future.succeededFuture(result);
          // It was not begun: the host went just now, and there may be another one.
          Promise<DispatchResult> later = Promise.promise();
          world.here().later(AGAIN_MS, () -> onHost(wanted, work, refusals + 1).onComplete(later));
          return later.future();
        });
  }

  /** Hands a dispatch in and waits for its result. */
  Future<DispatchResult> run(Dispatch dispatch) {
    if (hosting.over()) return TurnFailure.over();
    pool = dispatch.selector().pool();
    sent = true;
    var key = Homes.queueKey(pool, dispatch.organizationId());
    var run = new DispatchRouter.Run(dispatch);
    var await = new DispatchRouter.Await(key, dispatch.requestId(), dispatch.organizationId());
    var max = Duration.ofMillis(dispatch.timeoutMs() + ANSWER_GRACE_MS);
    return world
        .homes()
        .askWhile(() -> !hosting.over(), key, _ -> run, await, max)
        .map(reply ->
            switch (reply) {
              case Finished(var result, _) -> result;
              case Refused(var code, _) -> DispatchResult.failed(code);
              case DispatchRouter.Accepted _ ->
                  throw new IllegalStateException("a synchronous dispatch is never accepted");
            })
        .onSuccess(_ -> sent = false)
        .otherwise(_ -> {
          // Whoever gives it up because it is over has no answer yet.
          if (!hosting.over()) sent = false;
          return DispatchResult.failed(ErrorCode.GATEWAY_TIMEOUT);
        });
  }

  /**
   * Ends what is under way, wherever it runs; completes when its host has said that nothing of it
   * is left, or after {@link #CANCEL_MAX}.
   */
  Future<?> cancel() {
    return cancel(world.here().nowMs() + CANCEL_MAX.toMillis());
  }

  private Future<?> cancel(long untilMs) {
    long leftMs = untilMs - world.here().nowMs();
    if (underWay == null || leftMs <= 0) return Future.succeededFuture();
    var pools = pool == null ? List.of(Pool.values()) : List.of(pool);
    return Future.join(pools.stream().map(one -> cancelAt(one, leftMs)).toList())
        .transform(told -> sent || told.failed() ? cancelAgain(untilMs) : Future.succeededFuture());
  }

  private Future<?> cancelAt(Pool homes, long leftMs) {
    var organization = session.row().organizationId();
    var key = Homes.queueKey(homes, organization);
    var unwanted = new DispatchRouter.Cancel(key, underWay, organization);
    return world.homes().ask(key, unwanted, Duration.ofMillis(leftMs));
  }

  // It may have been on its way to its home when that was asked to end it.
  private Future<?> cancelAgain(long untilMs) {
    Promise<Void> again = Promise.promise();
    world.here().later(AGAIN_MS, () -> cancel(untilMs).onComplete(_ -> again.complete()));
    return again.future();
  }
}
