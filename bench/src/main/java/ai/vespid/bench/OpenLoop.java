package ai.vespid.bench;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks at fixed times whatever happened to earlier requests, and measures from the time a request
 * was meant to start: a stall of one second shows in everything that was meant to start in it.
 */
final class OpenLoop implements HttpConnection.Listener {
  private static final int CONNECTIONS_MAX = 512;
  private static final long SWEEP_MS = 100;

  private final Generator generator;
  private final Endpoint endpoint;
  private final Work work;
  private final Pace pace;
  private final long intervalNanos;
  private final Tally tally = new Tally();
  private final List<HttpConnection> connections = new ArrayList<>();
  private final ArrayDeque<HttpConnection> idle = new ArrayDeque<>();
  private final ArrayDeque<Long> due = new ArrayDeque<>();
  private final Promise<Tally> done = Promise.promise();
  private long unanswered;
  private boolean ending;

  OpenLoop(Generator generator, Endpoint endpoint, Work work, double perSecond, Pace pace) {
    this.generator = generator;
    this.endpoint = endpoint;
    this.work = work;
    this.pace = pace;
    this.intervalNanos = (long) (1e9 / perSecond);
  }

  /** Runs once; called on the loop. */
  Future<Tally> run() {
    var clock = new Thread(this::pace, "bench-clock");
    clock.setDaemon(true);
    clock.start();
    long sweeper = generator.vertx.setPeriodic(SWEEP_MS, _ -> sweep());
    return done.future()
        .onComplete(_ -> {
          generator.vertx.cancelTimer(sweeper);
          connections.forEach(HttpConnection::close);
        });
  }

  // A thread of its own: the loop's timers have a resolution of a millisecond, and half of that
  // would be added to every latency.
  private void pace() {
    long begin = System.nanoTime();
    long measure = begin + pace.warmup().toNanos();
    long end = measure + pace.measured().toNanos();
    boolean measuring = false;
    for (long at = begin; at < end; at += intervalNanos) {
      for (long left; (left = at - System.nanoTime()) > 0; ) LockSupport.parkNanos(left);
      if (!measuring && at >= measure) {
        measuring = true;
        generator.run(tally::start);
      }
      long intended = at;
      generator.run(() -> ask(intended));
    }
    generator.run(this::end);
  }

  private void end() {
    tally.stop();
    ending = true;
    finishIfQuiet();
  }

  private void ask(long intended) {
    unanswered++;
    var free = idle.pollFirst();
    if (free == null && connections.size() < CONNECTIONS_MAX) {
      free = new HttpConnection(generator.callers, endpoint, this);
      connections.add(free);
    }
    if (free == null) due.addLast(intended);
    else send(free, intended);
  }

  private void send(HttpConnection connection, long intended) {
    connection.sequence = generator.ids.next();
    connection.startNanos = intended;
    connection.send(work.request(connection.sequence));
  }

  @Override
  public void answered(HttpConnection connection, ResponseReader answer) {
    var flaw = work.check(connection.sequence, answer);
    if (flaw == null) tally.right(connection.startNanos);
    else tally.flawed(flaw);
    release(connection);
  }

  @Override
  public void failed(HttpConnection connection, String reason) {
    tally.flawed(Flaw.error(reason));
    release(connection);
  }

  @Override
  public void unasked() {
    tally.flawed(Flaw.SECOND_ANSWER);
  }

  private void release(HttpConnection connection) {
    unanswered--;
    var next = due.pollFirst();
    if (next != null) send(connection, next);
    else idle.addFirst(connection);
    finishIfQuiet();
  }

  private void finishIfQuiet() {
    if (ending && unanswered == 0) done.tryComplete(tally);
  }

  private void sweep() {
    long oldest = System.nanoTime() - pace.patience().toNanos();
    for (var connection : List.copyOf(connections)) {
      if (!connection.isWaiting() || connection.startNanos > oldest) continue;
      connection.giveUp();
    }
  }
}
