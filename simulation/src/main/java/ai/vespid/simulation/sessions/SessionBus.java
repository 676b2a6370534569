package ai.vespid.simulation.sessions;

import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.ClientEdge;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Request;
import ai.vespid.protocol.bus.SessionTurns.Watching;
import ai.vespid.simulation.runs.RunWorld;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;

/**
 * The event bus: at most once, in any order, and not at all between gateways that lost sight of
 * each other. Routers are always there: how their messages are lost is another simulation's.
 */
final class SessionBus {
  private static final double LOST = 0.02;
  private static final int ROUTER_WAY_MS = 300;

  private final SessionSite site;
  private final RunWorld world;

  SessionBus(SessionSite site) {
    this.site = site;
    this.world = site.world();
  }

  <R extends Message> Future<R> ask(
      SimGateway from, Address<?> to, Request<R> request, long maxMs) {
    Promise<R> answer = Promise.promise();
    from.later(maxMs, () -> answer.tryFail(fault(Fault.Code.TIMEOUT)));
    if (request instanceof DispatchRouter<?> work) {
      int way = 1 + world.random.nextInt(ROUTER_WAY_MS);
      world.after(
          way,
          () -> site.dispatcher().receive(work).onComplete(done -> reply(from, 1, done, answer)));
      return answer.future();
    }
    var target = site.gateway(to.node());
    if (target == null || !target.alive()) {
      if (world.chance(0.5)) from.later(1, () -> answer.tryFail(fault(Fault.Code.UNAVAILABLE)));
      return answer.future();
    }
    boolean local = target == from;
    if (!local && lost(from, target)) return answer.future();
    world.after(
        local ? 0 : world.way(), () -> target.now(() -> handle(from, target, request, answer)));
    return answer.future();
  }

  private boolean lost(SimGateway from, SimGateway to) {
    return site.apart(from, to) || world.chance(LOST);
  }

  private <R extends Message> void handle(
      SimGateway from, SimGateway target, Request<R> request, Promise<R> answer) {
    Future<? extends Message> handled;
    try {
      handled = target.receive(request);
    } catch (Fault fault) {
      handled = Future.failedFuture(fault);
    }
    handled.onComplete(done -> {
      if (target != from && lost(target, from)) return;
      reply(from, target == from ? 0 : world.way(), done, answer);
    });
    // What is told needs no room: the edge answers at once.
    if (request instanceof ClientEdge<?>) return;
  }

  @SuppressWarnings("unchecked")
  private <R extends Message> void reply(
      SimGateway to, long wayMs, AsyncResult<? extends Message> done, Promise<R> answer) {
    to.later(
        wayMs,
        () -> {
          if (done.failed()) answer.tryFail(Fault.of(done.cause()));
          else answer.tryComplete((R) spoiled(done.result()));
        });
  }

  private Message spoiled(Message reply) {
    return site.mutant() == SessionMutant.NEWEST_NOT_TOLD && reply instanceof Watching watching
        ? new Watching(watching.state(), -1)
        : reply;
  }

  private static Fault fault(Fault.Code code) {
    return new Fault(code, "simulated");
  }
}
