package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Writes rows in groups: while one statement is under way the next rows gather, so that many
 * accepts share one commit and a lone one waits for nobody. One fsync for a hundred rows instead of
 * a hundred is what makes durable accepts fast. Reads of single rows are grouped by it as well: who
 * reads thousands at once, after a standstill, takes no more connections than who reads one.
 *
 * <p>Confined to one context: call it from the verticle that owns it.
 *
 * @param <T> what one row is made of
 * @param <R> what one row's writing answers
 */
public final class GroupCommit<T, R> {
  // Each may bring a megabyte.
  private static final int READ_MAX = 100;
  private static final int READS_MAX = 2;
  private static final int READERS_MAX = 100_000;

  private record Pending<T, R>(T row, long sinceNanos, Promise<R> promise) {}

  private final int groupMax;
  private final int waitingMax;
  private final int concurrencyMax;
  private final Function<List<T>, Future<List<R>>> write;
  private final Deque<Pending<T, R>> waiting = new ArrayDeque<>();
  private int underWay;

  /**
   * @param groupMax rows a statement
   * @param concurrencyMax statements under way at once
   * @param waitingMax rows that may gather; one more fails at once
   * @param write writes a group and answers one result a row, in order
   */
  public GroupCommit(
      int groupMax, int concurrencyMax, int waitingMax, Function<List<T>, Future<List<R>>> write) {
    this.groupMax = groupMax;
    this.concurrencyMax = concurrencyMax;
    this.waitingMax = waitingMax;
    this.write = write;
  }

  /**
   * Reads rows in groups of 100, two groups at once; of those who wait for a row one more than
   * 100,000 fails at once.
   */
  public static <T, R> GroupCommit<T, R> reading(Function<List<T>, Future<List<R>>> read) {
    return new GroupCommit<>(READ_MAX, READS_MAX, READERS_MAX, read);
  }

  /** Completes when the row's group is committed; fails when the group failed. */
  public Future<R> add(T row) {
    if (waiting.size() >= waitingMax) {
      return Future.failedFuture(new IllegalStateException("too many rows wait for a commit"));
    }
    var promise = Promise.<R>promise();
    waiting.add(new Pending<>(row, System.nanoTime(), promise));
    flush();
    return promise.future();
  }

  /**
   * Fails what has waited for longer and was sent nowhere, so it will not be written either: the
   * groups under way are not answered, by a database that stands still.
   */
  public void giveUp(Duration waitMax) {
    long before = System.nanoTime() - waitMax.toNanos();
    while (!waiting.isEmpty() && waiting.peek().sinceNanos() - before < 0) {
      waiting.poll().promise().tryFail(new TimeoutException("the database does not answer"));
    }
  }

  private void flush() {
    while (underWay < concurrencyMax && !waiting.isEmpty()) {
      var group = new ArrayList<Pending<T, R>>(Math.min(groupMax, waiting.size()));
      while (group.size() < groupMax && !waiting.isEmpty()) group.add(waiting.poll());
      underWay++;
      write
          .apply(group.stream().map(Pending::row).toList())
          .onComplete(written -> {
            underWay--;
            if (written.succeeded()) complete(group, written.result());
            else group.forEach(pending -> pending.promise().tryFail(written.cause()));
            flush();
          });
    }
  }

  private static <T, R> void complete(List<Pending<T, R>> group, List<R> results) {
    for (int i = 0; i < group.size(); i++) group.get(i).promise().tryComplete(results.get(i));
  }

  /** Rows that wait for the next group; a gauge. */
  public int waiting() {
    return waiting.size();
  }
}
