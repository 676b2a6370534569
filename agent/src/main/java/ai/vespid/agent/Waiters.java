package ai.vespid.agent;

import ai.vespid.agent.link.Link;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** Those who wait until something is so on the link's context. */
final class Waiters {
  private record Waiter(BooleanSupplier condition, CompletableFuture<Void> done) {}

  private final Link link;
  private final List<Waiter> waiters = new ArrayList<>();

  Waiters(Link link) {
    this.link = link;
  }

  /** Blocks until it is so; false when it was not in time. */
  boolean await(BooleanSupplier condition, Duration max) {
    var done = new CompletableFuture<Void>();
    link.run(() -> {
      waiters.add(new Waiter(condition, done));
      settle();
    });
    try {
      done.get(max.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Something has changed. On the link's context. */
  void settle() {
    waiters.removeIf(waiter -> waiter.condition.getAsBoolean() && waiter.done.complete(null));
  }
}
