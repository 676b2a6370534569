package ai.vespid.simulation.sessions;

import ai.vespid.gateway.sessions.SessionShell;
import ai.vespid.gateway.viewers.ViewerShell;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.ClientEdge;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Request;
import ai.vespid.protocol.bus.SessionTurns;
import ai.vespid.protocol.bus.Topic;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.simulation.runs.RunWorld;
import ai.vespid.sql.SessionOwnerRepository.Appended;
import ai.vespid.sql.SessionOwnerRepository.Change;
import ai.vespid.sql.SessionOwnerRepository.Claim;
import ai.vespid.sql.SessionOwnerRepository.Held;
import ai.vespid.sql.SessionRow;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * One life of a gateway: it owns sessions and has viewers. Everything it begins ends with it; while
 * it stalls nothing of it happens, and all of it afterwards.
 */
final class SimGateway implements SessionShell.Ports, ViewerShell.Ports {
  private static final double FAILED = 0.01;

  private final String id;
  private final SessionSite site;
  private final RunWorld world;
  private final SessionShell sessions;
  private final ViewerShell viewers;
  private View view;
  private boolean alive = true;
  private boolean leaving;
  private long stalledUntilMs;

  SimGateway(String id, SessionSite site) {
    this.id = id;
    this.site = site;
    this.world = site.world();
    this.view = View.of(List.of());
    sessions = new SessionShell(this, site.hosts().routes());
    viewers = new ViewerShell(this);
    world.say(id, "starts");
  }

  String id() {
    return id;
  }

  boolean alive() {
    return alive;
  }

  boolean serves() {
    return alive && !leaving;
  }

  boolean stalled() {
    return stalledUntilMs > world.millis();
  }

  ViewerShell viewers() {
    return viewers;
  }

  SessionShell sessions() {
    return sessions;
  }

  void die() {
    alive = false;
    world.say(id, "dies");
  }

  void stall(long ms) {
    stalledUntilMs = Math.max(stalledUntilMs, world.millis() + ms);
    world.say(id, "stalls for " + ms);
  }

  /** Told to stop: it gives everything back, and is gone a little later. */
  void leave() {
    world.say(id, "leaves");
    leaving = true;
    sessions.leave();
    world.after(2_000, this::die);
  }

  void sees(View now) {
    view = now;
    sessions.viewChanged();
    viewers.viewChanged();
  }

  /** Does it, if it lives, when it does not stall. */
  void now(Runnable what) {
    if (!alive) return;
    long stalled = stalledUntilMs - world.millis();
    if (stalled > 0) world.after(stalled, () -> now(what));
    else what.run();
  }

  @Override
  public boolean sweeps() {
    return site.mutant() != SessionMutant.SESSIONS_NOT_SWEPT;
  }

  @Override
  public String node() {
    return id;
  }

  @Override
  public View view() {
    return view;
  }

  @Override
  public long nowMs() {
    return world.millis();
  }

  @Override
  public void later(long delayMs, Runnable action) {
    world.after(delayMs, () -> now(action));
  }

  @Override
  public <R extends Message, Q extends Request<R>> Future<R> ask(
      Address<? super Q> to, Q request, Duration max) {
    return site.bus().ask(this, to, request, max.toMillis());
  }

  @Override
  public <F extends Message> void publish(Topic<? super F> topic, F fact) {
    throw new IllegalStateException("sessions publish nothing");
  }

  Future<? extends Message> receive(Request<?> request) {
    return switch (request) {
      case SessionTurns<?> asked -> sessions.receive(asked);
      case ClientEdge<?> told -> viewers.receive(told);
      default -> throw new IllegalStateException("nobody asks that: " + request);
    };
  }

  // Done after the way there, whoever lives; the answer may be lost.
  private <T> Future<T> database(Supplier<T> statement) {
    Promise<T> answer = Promise.promise();
    // A connection that is lost takes its answer along; what was sent on it is done all the same.
    boolean cut = world.chance(FAILED);
    if (cut) later(1, () -> answer.tryFail(new IOException("cut")));
    world.after(
        world.way() + (cut ? world.random.nextInt(3_000) : 0),
        () -> {
          if (site.databaseAway() || world.chance(FAILED)) {
            later(world.way(), () -> answer.tryFail(new IOException("away")));
            return;
          }
          T done;
          try {
            done = statement.get();
          } catch (io.vertx.pgclient.PgException e) {
            later(world.way(), () -> answer.tryFail(e));
            return;
          }
          boolean told = !world.chance(FAILED);
          later(
              world.way(),
              () -> {
                if (told) answer.tryComplete(done);
                else answer.tryFail(new IOException("lost"));
              });
        });
    return answer.future();
  }

  @Override
  public Future<Claim> claim(String sessionId, String owner, Duration lease) {
    return database(() -> site.table().claim(sessionId, owner, lease));
  }

  @Override
  public Future<Set<String>> renew(List<Held> held, Duration lease) {
    return database(() -> site.table().renew(held, lease));
  }

  @Override
  public Future<Void> release(Held held) {
    return database(
            () -> {
              site.table().release(held);
              return true;
            })
        .mapEmpty();
  }

  @Override
  public Future<Appended> append(Held held, long seq, List<SessionRow.New> events, Change change) {
    return database(() -> site.table().append(held, seq, events, change));
  }

  @Override
  public Future<Optional<SessionRow>> byKey(String sessionId, String idempotencyKey) {
    return database(() -> site.table().byKey(sessionId, idempotencyKey));
  }

  @Override
  public Future<List<SessionRow>> openTurns(String sessionId) {
    return database(() -> site.table().openTurns(sessionId));
  }

  @Override
  public Future<List<SessionRow>> last(String sessionId, long fromSeq, int limit) {
    return database(() -> site.table().last(sessionId, fromSeq, limit));
  }

  @Override
  public Future<List<String>> orphans(String after, int limit) {
    return database(() -> site.table().orphans());
  }

  @Override
  public Future<List<SessionEvent>> history(String sessionId, long afterSeq, int limit) {
    return database(() -> site.table().history(sessionId, afterSeq, limit));
  }
}
