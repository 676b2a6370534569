package ai.vespid.kit.node;

import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Request;
import ai.vespid.protocol.bus.SessionTurns;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;

/**
 * Asks whoever is home for a key, again and again: a home may move, may die with the question, may
 * not know enough yet. What is asked must be idempotent.
 *
 * <p>Any thread may ask; questions are put on the verticle's context, and answers come there.
 */
public final class HomeCalls {
  /**
   * How long a question that goes over the network waits before it is asked again, the first time;
   * twice as long each time after: a home that is behind is not asked ever more.
   */
  private static final long REMOTE_MS = 2_000;

  private static final long REMOTE_MS_MAX = 16_000;

  /** How long after a refusal the first of those that wait for a home asks again. */
  private static final long AGAIN_MS = 50;

  /** How long the others wait before they ask themselves: the first one's answer may take long. */
  private static final long PATIENT_MS = 1_000;

  /** How long nobody being home is put up with. */
  private static final long HOMELESS_MS = 15_000;

  private final Surroundings here;
  private final Consumer<Runnable> confined;
  private final Set<Call<?, ?>> remote = new LinkedHashSet<>();
  private final HomeLines<Call<?, ?>> lines = new HomeLines<>();

  /** Those of an actor that is asked on its own context alone. */
  public HomeCalls(Surroundings here) {
    this(here, Runnable::run);
  }

  private HomeCalls(Surroundings here, Consumer<Runnable> confined) {
    this.here = here;
    this.confined = confined;
  }

  /** Those of a verticle: told of every view. */
  public static HomeCalls of(Vertx vertx, Node node) {
    var context = vertx.getOrCreateContext();
    var calls = new HomeCalls(Surroundings.of(vertx, node), ask -> on(context, ask));
    node.membership().listen((_, now) -> context.runOnContext(_ -> calls.viewChanged(now)));
    return calls;
  }

  private static void on(Context context, Runnable ask) {
    if (((ContextInternal) context).inThread()) ask.run();
    else context.runOnContext(_ -> ask.run());
  }

  /** Who was asked may be gone: nobody waits for its answer to time out. */
  public void viewChanged(View now) {
    for (var call : List.copyOf(remote)) {
      if (!now.has(call.asked.node())) call.askNext();
    }
  }

  /** Asks the same thing until it is answered; fails with a {@link Fault} after {@code max}. */
  public <R extends Message> Future<R> ask(String key, DispatchRouter<R> request, Duration max) {
    return ask(key, _ -> request, request, max);
  }

  /**
   * @param first what is asked, given how many milliseconds are left
   * @param later what is asked instead when {@code first} was not answered in time; its NOT_FOUND
   *     means that {@code first} never arrived
   */
  public <R extends Message> Future<R> ask(
      String key,
      LongFunction<? extends DispatchRouter<R>> first,
      DispatchRouter<R> later,
      Duration max) {
    return call('r' + key, router(key), first, later, max, () -> true);
  }

  /**
   * Asks the same thing until it is answered, while it is wanted: said when that is over, it could
   * be taken for news.
   */
  public <R extends Message> Future<R> askWhile(
      BooleanSupplier wanted, String key, DispatchRouter<R> request, Duration max) {
    return call('r' + key, router(key), _ -> request, request, max, wanted);
  }

  /** As the longer {@link #ask}, while it is wanted. */
  public <R extends Message> Future<R> askWhile(
      BooleanSupplier wanted,
      String key,
      LongFunction<? extends DispatchRouter<R>> first,
      DispatchRouter<R> later,
      Duration max) {
    return call('r' + key, router(key), first, later, max, wanted);
  }

  /** Asks the home of a session until it is answered; fails with a {@link Fault}. */
  public <R extends Message> Future<R> askSession(SessionTurns<R> request, Duration max) {
    Function<Homes, Optional<Address<? super SessionTurns<R>>>> home =
        homes ->
            homes
                .session(request.sessionId())
                .map(seat -> SessionTurns.at(seat.node(), seat.shard()));
    return call('s' + request.sessionId(), home, _ -> request, request, max, () -> true);
  }

  private static <R extends Message>
      Function<Homes, Optional<Address<? super DispatchRouter<R>>>> router(String key) {
    return homes -> homes.routers().isEmpty() ? Optional.empty() : Optional.of(homes.router(key));
  }

  private <R extends Message, Q extends Request<R>> Future<R> call(
      String place,
      Function<Homes, Optional<Address<? super Q>>> home,
      LongFunction<? extends Q> first,
      Q later,
      Duration max,
      BooleanSupplier wanted) {
    return new Call<>(place, home, first, later, max.toMillis(), wanted).begin();
  }

  private final class Call<R extends Message, Q extends Request<R>> {
    private final String place;
    private final Function<Homes, Optional<Address<? super Q>>> home;
    private final LongFunction<? extends Q> first;
    private final Q later;
    private final long sinceMs = here.nowMs();
    private final long maxMs;
    private final BooleanSupplier wanted;
    private final Promise<R> answer = Promise.promise();
    private Address<? super Q> asked;
    private int attempts;
    private long patienceMs = REMOTE_MS;
    private boolean waiting;
    private boolean again;

    Call(
        String place,
        Function<Homes, Optional<Address<? super Q>>> home,
        LongFunction<? extends Q> first,
        Q later,
        long maxMs,
        BooleanSupplier wanted) {
      this.place = place;
      this.home = home;
      this.first = first;
      this.later = later;
      this.maxMs = maxMs;
      this.wanted = wanted;
    }

    Future<R> begin() {
      confined.accept(() -> attempt(false));
      return answer.future();
    }

    private long leftMs() {
      return sinceMs + maxMs - here.nowMs();
    }

    void attempt(boolean again) {
      waiting = false;
      long left = leftMs();
      if (left <= 0 || !wanted.getAsBoolean()) {
        remote.remove(this);
        fail(new Fault(Fault.Code.TIMEOUT, "no answer in time"));
        return;
      }
      var seat = home.apply(here.view().homes());
      if (seat.isEmpty()) {
        failed(new Fault(Fault.Code.UNAVAILABLE, "no node is home for it"), again);
        return;
      }
      asked = seat.get();
      boolean local = asked.node().equals(here.node());
      if (!local) remote.add(this);
      int attempt = ++attempts;
      Q question = again ? later : first.apply(left);
      var wait = Duration.ofMillis(Math.max(1, local ? left : Math.min(left, patienceMs)));
      here.ask(asked, question, wait)
          .onComplete(answered -> {
            if (!local && attempt == attempts) remote.remove(this);
            if (answered.succeeded()) {
              waiting = false;
              answer.tryComplete(answered.result());
              openLine();
            } else if (attempt == attempts) {
              failed(Fault.of(answered.cause()), again);
            }
          });
    }

    // The next one is not behind for what the one that is gone was.
    void askNext() {
      patienceMs = REMOTE_MS;
      attempt(true);
    }

    private void failed(Fault fault, boolean again) {
      switch (fault.code()) {
        case TIMEOUT -> {
          patienceMs = Math.min(2 * patienceMs, REMOTE_MS_MAX);
          attempt(true);
        }
        case NOT_FOUND -> {
          if (again) attempt(false);
          else decided(fault);
        }
        case NOT_HOME, UNAVAILABLE -> {
          if (here.nowMs() - sinceMs > HOMELESS_MS) fail(fault);
          else awaitHome(again);
        }
        case BAD_REQUEST, BUSY, INTERNAL -> decided(fault);
      }
    }

    private void decided(Fault fault) {
      answer.tryFail(fault);
      openLine();
    }

    private void awaitHome(boolean again) {
      this.again = again;
      waiting = true;
      int attempt = attempts;
      boolean first = lines.join(place, this);
      here.later(
          first ? AGAIN_MS : PATIENT_MS,
          () -> {
            if (attempt == attempts) goOn();
          });
    }

    // Not while it is asked: what was not answered must not be said twice.
    private void goOn() {
      if (waiting) attempt(again);
    }

    // Who decides about one of them decides about all.
    private void openLine() {
      lines.open(place).forEach(Call::goOn);
    }

    // Later: those behind it may have to give up as well, some thousand of them.
    private void fail(Fault fault) {
      answer.tryFail(fault);
      lines.leave(place, this).ifPresent(next -> here.later(AGAIN_MS, next::goOn));
    }
  }
}
