package ai.vespid.bench;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;

/**
 * Callers that each wait for their answer before they ask again: this finds the peak rate. What
 * they see as latency hides stalls; {@link OpenLoop} is for that.
 */
final class ClosedLoop implements HttpConnection.Listener {
  private static final long SWEEP_MS = 100;
  private static final long PAUSE_AFTER_FAILURE_MS = 50;

  private final Generator generator;
  private final Work work;
  private final Pace pace;
  private final Tally tally = new Tally();
  private final List<HttpConnection> callers = new ArrayList<>();
  private final Promise<Tally> done = Promise.promise();
  private boolean ending;
  private int active;

  ClosedLoop(Generator generator, Endpoint endpoint, Work work, int callers, Pace pace) {
    this.generator = generator;
    this.work = work;
    this.pace = pace;
    for (int i = 0; i < callers; i++) {
      this.callers.add(new HttpConnection(generator.callers, endpoint, this));
    }
  }

  /** Runs once; called on the loop. */
  Future<Tally> run() {
    active = callers.size();
    callers.forEach(this::ask);
    var vertx = generator.vertx;
    long warmup = Math.max(1, pace.warmup().toMillis());
    vertx.setTimer(warmup, _ -> tally.start());
    vertx.setTimer(warmup + pace.measured().toMillis(), _ -> end());
    long sweeper = vertx.setPeriodic(SWEEP_MS, _ -> sweep());
    return done.future()
        .onComplete(_ -> {
          vertx.cancelTimer(sweeper);
          callers.forEach(HttpConnection::close);
        });
  }

  private void end() {
    tally.stop();
    ending = true;
  }

  private void ask(HttpConnection caller) {
    if (ending) {
      if (--active == 0) done.complete(tally);
      return;
    }
    caller.sequence = generator.ids.next();
    caller.startNanos = System.nanoTime();
    caller.send(work.request(caller.sequence));
  }

  @Override
  public void answered(HttpConnection caller, ResponseReader answer) {
    var flaw = work.check(caller.sequence, answer);
    if (flaw == null) tally.right(caller.startNanos);
    else tally.flawed(flaw);
    // A refusal costs the server next to nothing; hammering on would only measure refusals.
    if (flaw == null || flaw.wrong()) ask(caller);
    else askLater(caller);
  }

  @Override
  public void failed(HttpConnection caller, String reason) {
    tally.flawed(Flaw.error(reason));
    askLater(caller);
  }

  @Override
  public void unasked() {
    tally.flawed(Flaw.SECOND_ANSWER);
  }

  private void askLater(HttpConnection caller) {
    generator.vertx.setTimer(PAUSE_AFTER_FAILURE_MS, _ -> ask(caller));
  }

  private void sweep() {
    long oldest = System.nanoTime() - pace.patience().toNanos();
    for (var caller : callers) {
      if (!caller.isWaiting() || caller.startNanos > oldest) continue;
      caller.giveUp();
    }
  }
}
