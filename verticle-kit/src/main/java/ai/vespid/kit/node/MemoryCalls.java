package ai.vespid.kit.node;

import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.bus.SessionMemory;
import ai.vespid.protocol.bus.SessionMemory.Used;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Asks whoever keeps what is remembered: the own node, else one that is home of sessions, since
 * both run together. All of them know the same.
 */
public final class MemoryCalls {
  private final Surroundings here;

  public MemoryCalls(Surroundings here) {
    this.here = here;
  }

  /** Fails with a {@link Fault} when nobody is there. */
  public Future<Used> ask(SessionMemory<Used> request, Duration max) {
    var nodes = new ArrayDeque<String>();
    nodes.add(here.node());
    here.view().members().stream()
        .filter(member -> member.sessions() > 0 && !member.id().equals(here.node()))
        .forEach(member -> nodes.add(member.id()));
    return ask(request, max, nodes);
  }

  // Nobody listened: nothing has happened there.
  private Future<Used> ask(SessionMemory<Used> request, Duration max, Deque<String> nodes) {
    return here.ask(SessionMemory.at(nodes.poll()), request, max)
        .recover(cause -> {
          boolean nobody = Fault.of(cause).code() == Fault.Code.UNAVAILABLE;
          return nobody && !nodes.isEmpty() ? ask(request, max, nodes) : Future.failedFuture(cause);
        });
  }
}
