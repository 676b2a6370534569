package ai.vespid.simulation;

import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.DispatchRouter.Accept;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.DispatchRouter.Run;
import ai.vespid.protocol.bus.DispatchRouter.TakeOver;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Request;
import ai.vespid.protocol.bus.Topic;
import ai.vespid.simulation.Network.Arrival;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Addresses and topics over the simulated network. On its own node a message is fast and never
 * lost; what goes to another process may be lost, late or repeated.
 */
final class SimBus {
  private record Served(
      SimNode node,
      Actor actor,
      int incarnation,
      Function<Request<?>, Future<? extends Message>> handler) {}

  private record Heard(SimNode node, Actor actor, int incarnation, Consumer<Message> handler) {}

  private final World world;
  private final Network network;
  private final Map<String, Served> served = new HashMap<>();
  private final Map<String, List<Heard>> heard = new HashMap<>();

  SimBus(World world, Network network) {
    this.world = world;
    this.network = network;
  }

  void serve(
      SimNode node,
      Actor actor,
      Address<?> at,
      Function<Request<?>, Future<? extends Message>> handler) {
    served.put(at.name(), new Served(node, actor, actor.incarnation(), handler));
  }

  void subscribe(SimNode node, Actor actor, Topic<?> topic, Consumer<Message> handler) {
    heard
        .computeIfAbsent(topic.name(), _ -> new ArrayList<>())
        .add(new Heard(node, actor, actor.incarnation(), handler));
  }

  <R extends Message> Future<R> ask(
      SimNode from, Actor asker, Address<?> to, Request<R> request, long maxMs) {
    var at = served.get(to.name());
    boolean pieces = at != null && at.node() != from && maybeBig(request);
    long piecesMs = pieces ? network.piecesMs() : 0;
    if (piecesMs == 0) return asked(from, asker, at, request, maxMs);
    var answer = Promise.<R>promise();
    world.in(
        piecesMs,
        asker,
        "last piece of " + request.getClass().getSimpleName(),
        () -> asked(from, asker, at, request, maxMs).onComplete(answer));
    return answer.future();
  }

  // As Parcels: the time counts from when all of it has arrived.
  private <R extends Message> Future<R> asked(
      SimNode from, Actor asker, Served at, Request<R> request, long maxMs) {
    int incarnation = asker.incarnation();
    var answer = Promise.<R>promise();
    var what = request.getClass().getSimpleName();
    var reply =
        at == null
            ? this.<R>nobody(from, what, maxMs)
            : network.ask(
                from.process,
                at.node().process,
                what,
                maxMs,
                arrival(request),
                () -> this.<R>handle(at, request));
    reply.onComplete(answered -> {
      if (!asker.lives(incarnation)) return;
      if (answered.succeeded()) answer.complete(answered.result());
      else answer.fail(answered.cause());
    });
    return answer.future();
  }

  private static boolean maybeBig(Request<?> request) {
    return switch (request) {
      case ExecutorEdge.Offer _, Run _, Accept _, Report _, TakeOver _ -> true;
      default -> false;
    };
  }

  // What is asked again by whoever gave up waiting: the first may come all the same, and later.
  private static Arrival arrival(Request<?> request) {
    return switch (request) {
      case ExecutorEdge.Offer _ -> Arrival.TWICE_AT_ONCE;
      case Run _, Accept _, Report _ -> Arrival.TWICE;
      default -> Arrival.ONCE;
    };
  }

  private <R extends Message> Future<R> handle(Served at, Request<R> request) {
    if (!at.actor().lives(at.incarnation())) {
      return Future.failedFuture(Network.fault(Fault.Code.UNAVAILABLE));
    }
    try {
      @SuppressWarnings("unchecked")
      var reply = (Future<R>) at.handler().apply(request);
      return reply;
    } catch (Fault fault) {
      return Future.failedFuture(fault);
    }
  }

  // That process is gone; whether the bus knows already is chance.
  private <R> Future<R> nobody(SimNode from, String what, long maxMs) {
    boolean known = world.chance(0.5);
    var answer = Promise.<R>promise();
    var fault = Network.fault(known ? Fault.Code.UNAVAILABLE : Fault.Code.TIMEOUT);
    world.in(known ? 1 : maxMs, from.process, "nobody for " + what, () -> answer.fail(fault));
    return answer.future();
  }

  void publish(SimNode from, Topic<?> topic, Message fact) {
    var listeners = heard.get(topic.name());
    if (listeners == null) return;
    listeners.removeIf(one -> !one.actor().lives(one.incarnation()));
    for (var one : List.copyOf(listeners)) {
      Runnable receive =
          () -> {
            if (one.actor().lives(one.incarnation())) one.handler().accept(fact);
          };
      var what = fact.getClass().getSimpleName();
      network.tell(from.process, one.node().process, what, receive);
    }
  }
}
