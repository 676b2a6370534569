package ai.vespid.bench;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Posts asynchronous dispatches while fewer than a window are unread, and reads every accepted one
 * back. A result is asked for when the gateway has acknowledged it to its agent, or the agent has
 * sent it where there are no acknowledgements; a 404 is asked again a little later. What is overdue
 * is asked for now and then until patience ends.
 */
final class AsyncLoop {
  private static final int NOT_READY = 404;
  private static final long RETRY_MS = 5;
  private static final long SWEEP_MS = 250;
  private static final long TICK_MS = 1;
  private static final long PAUSE_AFTER_FAILURE_MS = 50;

  /**
   * How much there is, and how fast.
   *
   * @param callers connections that post
   * @param readers connections that read
   * @param window how many may be accepted but unread
   * @param total after so many it ends by itself
   * @param perSecond 0 posts while the window has room; otherwise at this rate whatever becomes of
   *     earlier ones, and latency counts from the time a post was meant to be made
   * @param overdue a result nobody has told of is asked for when it is so late
   */
  record Size(
      int callers, int readers, int window, long total, double perSecond, Duration overdue) {
    Size(int callers, int readers, int window) {
      this(callers, readers, window, Long.MAX_VALUE, 0, Duration.ofMillis(500));
    }

    /** So many as fast as they are accepted, whenever they are done. */
    static Size flood(int callers, int readers, int total) {
      return new Size(callers, readers, total, total, 0, Duration.ofMinutes(2));
    }

    static Size drip(int connections, double perSecond) {
      return new Size(
          connections, connections, 100_000, Long.MAX_VALUE, perSecond, Duration.ofSeconds(2));
    }
  }

  /** One accepted dispatch. */
  private static final class Item {
    final long sequence;
    final long postedNanos;
    boolean wanted;

    Item(long sequence, long postedNanos) {
      this.sequence = sequence;
      this.postedNanos = postedNanos;
    }
  }

  private final Generator generator;
  private final Fleet fleet;
  private final AsyncWork work;
  private final Size size;
  private final Pace pace;
  private final Tally tally = new Tally();
  private final Map<Long, Item> unread = new HashMap<>();
  private final ArrayDeque<Item> ready = new ArrayDeque<>();
  private final ArrayDeque<HttpConnection> idleCallers = new ArrayDeque<>();
  private final ArrayDeque<HttpConnection> idleReaders = new ArrayDeque<>();
  private final List<HttpConnection> all = new ArrayList<>();
  private final Promise<Tally> done = Promise.promise();
  private int posting;
  private long posted;
  private long dueNanos;
  private boolean ending;

  AsyncLoop(Generator generator, Fleet fleet, AsyncWork work, Size size, Pace pace) {
    this.generator = generator;
    this.fleet = fleet;
    this.work = work;
    this.size = size;
    this.pace = pace;
  }

  /** Runs once; called on the loop. */
  Future<Tally> run() {
    for (int i = 0; i < size.callers(); i++) idleCallers.add(connection(new Accepts()));
    for (int i = 0; i < size.readers(); i++) idleReaders.add(connection(new Reads()));
    IntConsumer settled = this::want;
    fleet.listen(settled);
    dueNanos = System.nanoTime();
    post();
    var vertx = generator.vertx;
    long warmup = Math.max(1, pace.warmup().toMillis());
    vertx.setTimer(warmup, _ -> tally.start());
    vertx.setTimer(warmup + pace.measured().toMillis(), _ -> end());
    long sweeper = vertx.setPeriodic(SWEEP_MS, _ -> sweep());
    long clock = size.perSecond() > 0 ? vertx.setPeriodic(TICK_MS, _ -> post()) : -1;
    return done.future()
        .onComplete(_ -> {
          vertx.cancelTimer(sweeper);
          vertx.cancelTimer(clock);
          fleet.forget(settled);
          all.forEach(HttpConnection::close);
        });
  }

  private HttpConnection connection(HttpConnection.Listener listener) {
    var connection = new HttpConnection(generator.callers, work.gateway(), listener);
    all.add(connection);
    return connection;
  }

  private void end() {
    tally.stop();
    ending = true;
    finishIfQuiet();
  }

  private void finishIfQuiet() {
    boolean all = ending || posted == size.total();
    if (!all || posting > 0 || !unread.isEmpty()) return;
    tally.stop();
    done.tryComplete(tally);
  }

  private boolean mayPost() {
    return !ending
        && posted < size.total()
        && posting + unread.size() < size.window()
        && !idleCallers.isEmpty()
        && (size.perSecond() == 0 || System.nanoTime() >= dueNanos);
  }

  private long intendedNanos() {
    if (size.perSecond() == 0) return System.nanoTime();
    long intended = dueNanos;
    dueNanos += (long) (1e9 / size.perSecond());
    return intended;
  }

  private void post() {
    while (mayPost()) {
      var caller = idleCallers.poll();
      posting++;
      posted++;
      caller.sequence = generator.ids.next();
      caller.startNanos = intendedNanos();
      caller.send(work.post(caller.sequence));
    }
    finishIfQuiet();
  }

  /** How many are accepted and not read back. */
  int backlog() {
    return unread.size();
  }

  private void posted(HttpConnection caller, Flaw flaw) {
    posting--;
    if (flaw == null) {
      tally.accepted(System.nanoTime() - caller.startNanos);
      unread.put(caller.sequence, new Item(caller.sequence, caller.startNanos));
      if (fleet.hasSettled((int) caller.sequence)) want((int) caller.sequence);
      idleCallers.add(caller);
    } else {
      tally.flawed(flaw);
      generator.vertx.setTimer(
          PAUSE_AFTER_FAILURE_MS,
          _ -> {
            idleCallers.add(caller);
            post();
          });
    }
    post();
  }

  private void want(int sequence) {
    var item = unread.get((long) sequence);
    if (item != null) want(item);
  }

  private void want(Item item) {
    if (item.wanted) return;
    item.wanted = true;
    ready.add(item);
    read();
  }

  private void read() {
    while (!ready.isEmpty() && !idleReaders.isEmpty()) {
      var item = ready.poll();
      if (!unread.containsKey(item.sequence)) continue;
      var reader = idleReaders.poll();
      reader.sequence = item.sequence;
      reader.startNanos = System.nanoTime();
      reader.send(work.read(item.sequence));
    }
  }

  private void wasRead(HttpConnection reader, ResponseReader answer) {
    idleReaders.add(reader);
    var item = unread.get(reader.sequence);
    if (item == null) {
      read();
      return;
    }
    if (answer == null || answer.status() == NOT_READY) {
      retry(item);
      return;
    }
    unread.remove(item.sequence);
    var flaw = work.checkResult(item.sequence, answer);
    if (flaw == null) {
      tally.right(item.postedNanos);
      work.took(item.sequence, System.nanoTime() - item.postedNanos);
    } else {
      tally.flawed(flaw);
    }
    read();
    post();
  }

  private void retry(Item item) {
    item.wanted = false;
    if (fleet.hasSettled((int) item.sequence)) {
      generator.vertx.setTimer(RETRY_MS, _ -> want(item));
    }
    read();
  }

  private void sweep() {
    long oldest = System.nanoTime() - pace.patience().toNanos();
    for (var connection : all) {
      if (!connection.isWaiting() || connection.startNanos > oldest) continue;
      connection.giveUp();
    }
    long overdue = System.nanoTime() - size.overdue().toNanos();
    for (var item : List.copyOf(unread.values())) {
      if (item.postedNanos <= oldest) {
        unread.remove(item.sequence);
        tally.flawed(Flaw.MISSING);
      } else if (item.postedNanos <= overdue) {
        want(item);
      }
    }
    post();
  }

  /** Listens to the connections that post. */
  private final class Accepts implements HttpConnection.Listener {
    @Override
    public void answered(HttpConnection caller, ResponseReader answer) {
      posted(caller, work.checkAccept(caller.sequence, answer));
    }

    @Override
    public void failed(HttpConnection caller, String reason) {
      posted(caller, Flaw.error("accept: " + reason));
    }

    @Override
    public void unasked() {
      tally.flawed(Flaw.SECOND_ANSWER);
    }
  }

  /** Listens to the connections that read. */
  private final class Reads implements HttpConnection.Listener {
    @Override
    public void answered(HttpConnection reader, ResponseReader answer) {
      wasRead(reader, answer);
    }

    @Override
    public void failed(HttpConnection reader, String reason) {
      // Reading is repeatable; only a result that never comes is a flaw.
      wasRead(reader, null);
    }

    @Override
    public void unasked() {
      tally.flawed(Flaw.SECOND_ANSWER);
    }
  }
}
