package ai.vespid.gateway;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Member;
import ai.vespid.kit.node.Member.State;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Request;
import ai.vespid.protocol.bus.Topic;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Surroundings in which a test is everybody else: it sees what is asked, answers, and is time. */
public final class StagedSurroundings implements Surroundings {
  /** Something that was asked and not answered yet. */
  public record Asked(String to, Request<?> request, Promise<Message> answer) {}

  private record Timer(long atMs, Runnable action) {}

  public final List<Asked> asked = new ArrayList<>();
  public final List<Message> published = new ArrayList<>();
  private final String node;
  private final List<Timer> timers = new ArrayList<>();
  private View view;
  private long nowMs;

  public StagedSurroundings(String node, String... others) {
    this.node = node;
    sees(Stream.concat(Stream.of(node), Stream.of(others)).toArray(String[]::new));
  }

  /** These nodes serve, each with one router and one edge. */
  public View sees(String... nodes) {
    view = View.of(Stream.of(nodes).map(id -> new Member(id, id, 1, 1, State.SERVING)).toList());
    return view;
  }

  /** The oldest question of this type that nobody has answered. */
  public Asked next(Class<? extends Request<?>> type) {
    var found = asked.stream().filter(one -> type.isInstance(one.request())).findFirst();
    found.ifPresent(asked::remove);
    return found.orElseThrow(() -> new AssertionError("not asked: " + type + ", but " + asked));
  }

  /** Time passes, and what was to happen in it happens. */
  public void pass(long ms) {
    nowMs += ms;
    for (var timer : List.copyOf(timers)) {
      if (timer.atMs() <= nowMs && timers.remove(timer)) timer.action().run();
    }
  }

  @Override
  public String node() {
    return node;
  }

  @Override
  public View view() {
    return view;
  }

  @Override
  public long nowMs() {
    return nowMs;
  }

  @Override
  public void later(long delayMs, Runnable action) {
    timers.add(new Timer(nowMs + delayMs, action));
  }

  @Override
  public <R extends Message, Q extends Request<R>> Future<R> ask(
      Address<? super Q> to, Q request, Duration max) {
    var answer = Promise.<Message>promise();
    asked.add(new Asked(to.name(), request, answer));
    later(max.toMillis(), () -> answer.tryFail(new Fault(Fault.Code.TIMEOUT, "nobody answered")));
    return answer
        .future()
        .map(reply -> {
          @SuppressWarnings("unchecked")
          var typed = (R) reply;
          return typed;
        });
  }

  @Override
  public <F extends Message> void publish(Topic<? super F> topic, F fact) {
    published.add(fact);
  }
}
