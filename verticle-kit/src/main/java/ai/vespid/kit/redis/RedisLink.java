package ai.vespid.kit.redis;

import ai.vespid.kit.bus.Fault;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pipelined connection to Redis that comes back by itself. Redis is a cache: while it is away
 * commands fail at once and nobody waits for it.
 *
 * <p>Confined to the context of the verticle that owns it.
 */
public final class RedisLink {
  /** Commands under way on the connection; one more fails at once. */
  public static final int IN_FLIGHT_MAX = 16_384;

  /** How long a command that nobody waits for may be held back to travel with others. */
  private static final long GATHER_MS = 5;

  private static final int GATHERED_MAX = 256;
  private static final long RECONNECT_MS = 500;
  private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);

  private record Gathered(Request request, Promise<Response> promise) {}

  private final Vertx vertx;
  private final Redis client;
  private RedisConnection connection;
  private List<Gathered> gathered = new ArrayList<>();
  private int inFlight;
  private boolean flushing;
  private boolean closed;
  private boolean toldAway;
  private boolean missed;
  private boolean cameBack;
  private long connectedNanos;

  public RedisLink(Vertx vertx, Redis client) {
    this.vertx = vertx;
    this.client = client;
  }

  /** Connects; completes also when Redis is away, which is then tried again and again. */
  public Future<Void> open() {
    return client
        .connect()
        .onSuccess(this::connected)
        .onFailure(this::away)
        .transform(_ -> Future.succeededFuture());
  }

  private void connected(RedisConnection opened) {
    if (closed) {
      opened.close();
      return;
    }
    connection = opened;
    if (missed) connectedNanos = System.nanoTime();
    cameBack |= missed;
    missed = false;
    toldAway = false;
    opened.exceptionHandler(cause -> lost(opened, cause));
    opened.endHandler(_ -> lost(opened, null));
    LOG.atInfo().log("redis connected");
  }

  private void lost(RedisConnection which, Throwable cause) {
    if (connection != which) return;
    connection = null;
    which.close();
    away(cause);
  }

  private void away(Throwable cause) {
    if (closed) return;
    missed = true;
    if (!toldAway) {
      LOG.atWarn()
          .addKeyValue("cause", cause == null ? "closed" : cause.getClass().getSimpleName())
          .log("redis is away; results are kept in memory until it is back");
      toldAway = true;
    }
    vertx.setTimer(RECONNECT_MS, _ -> open());
  }

  public boolean connected() {
    return connection != null;
  }

  /**
   * True when it was away within this time: it may have forgotten what it was told before. What is
   * kept no longer than this needs no second look after it.
   */
  public boolean wasAwayWithin(Duration time) {
    return cameBack && System.nanoTime() - connectedNanos < time.toNanos();
  }

  /**
   * Sends one command; fails with UNAVAILABLE when Redis is away. Commands of one turn travel
   * together: a write to the socket costs more than the command in it.
   */
  public Future<Response> send(Request request) {
    var answer = gather(request);
    flushAfterTurn();
    return answer;
  }

  /** Sends one command that nobody waits for: with the next one, or a few milliseconds later. */
  public Future<Response> sendSoon(Request request) {
    var answer = gather(request);
    if (gathered.size() == 1) vertx.setTimer(GATHER_MS, _ -> flush());
    else if (gathered.size() >= GATHERED_MAX) flushAfterTurn();
    return answer;
  }

  private Future<Response> gather(Request request) {
    if (connection == null || inFlight >= IN_FLIGHT_MAX) {
      return Future.failedFuture(new Fault(Fault.Code.UNAVAILABLE, "redis is away"));
    }
    inFlight++;
    var promise = Promise.<Response>promise();
    gathered.add(new Gathered(request, promise));
    return promise.future();
  }

  private void flushAfterTurn() {
    if (flushing || gathered.isEmpty()) return;
    flushing = true;
    vertx.runOnContext(_ -> flush());
  }

  private void flush() {
    flushing = false;
    if (gathered.isEmpty()) return;
    var group = gathered;
    gathered = new ArrayList<>();
    if (connection == null) {
      inFlight -= group.size();
      var away = new Fault(Fault.Code.UNAVAILABLE, "redis is away");
      group.forEach(command -> command.promise().fail(away));
      return;
    }
    connection
        .batch(group.stream().map(Gathered::request).toList())
        .onComplete(answered -> {
          inFlight -= group.size();
          for (int i = 0; i < group.size(); i++) {
            if (answered.failed()) group.get(i).promise().fail(answered.cause());
            else group.get(i).promise().complete(answered.result().get(i));
          }
        });
  }

  public Future<Void> close() {
    closed = true;
    var open = connection;
    connection = null;
    return open == null ? Future.succeededFuture() : open.close();
  }
}
