package ai.vespid.kit.redis;

import ai.vespid.kit.bus.Fault;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pipelined connection to Redis that comes back by itself. Redis is a cache: while it is away
 * commands fail at once and nobody waits for it. One that answers nothing for {@value
 * #SILENCE_MS_MAX} ms is away as well: a process that stands still keeps its connections.
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

  /** An answer takes less than a millisecond; a snapshot of its memory some hundred. */
  static final long SILENCE_MS_MAX = 1_000;

  private static final int LOOKS = 4;
  private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);

  private record Gathered(Request request, Promise<Response> promise) {}

  private final Vertx vertx;
  private final RedisOptions options;
  private Redis client;
  private RedisConnection connection;
  private List<Gathered> gathered = new ArrayList<>();
  private long sent;
  private long answered;
  private int inFlight;
  private boolean flushing;
  private boolean closed;
  private boolean toldAway;
  private boolean missed;
  private boolean cameBack;
  private long connectedNanos;

  public RedisLink(Vertx vertx, RedisOptions options) {
    this.vertx = vertx;
    this.options = options;
  }

  /** Connects; completes also when Redis is away, which is then tried again and again. */
  public Future<Void> open() {
    if (closed) return Future.succeededFuture();
    // Its own each time: a connection that is given back while it waits for an answer would be
    // taken out again, and only closing its client closes it.
    client = Redis.createClient(vertx, options);
    return client
        .connect()
        .timeout(SILENCE_MS_MAX, TimeUnit.MILLISECONDS)
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
    sent = answered = 0;
    watch(opened, answered, LOOKS);
  }

  // Looks are counted, not milliseconds: when this loop itself stood still, the answers are there
  // and have only not been read. One timer after the other, for the same reason.
  private void watch(RedisConnection which, long seen, int looksLeft) {
    if (connection != which) return;
    if (looksLeft == 0) {
      lost(which, new TimeoutException("it answers nothing"));
      return;
    }
    boolean waits = sent > answered;
    vertx.setTimer(
        SILENCE_MS_MAX / LOOKS,
        _ -> watch(which, answered, waits && answered == seen ? looksLeft - 1 : LOOKS));
  }

  private void lost(RedisConnection which, Throwable cause) {
    if (connection != which) return;
    connection = null;
    away(cause);
  }

  private void away(Throwable cause) {
    if (closed) return;
    client.close();
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
    sent++;
    var which = connection;
    which
        .batch(group.stream().map(Gathered::request).toList())
        .onComplete(answer -> {
          inFlight -= group.size();
          if (which == connection) answered++;
          for (int i = 0; i < group.size(); i++) {
            if (answer.failed()) group.get(i).promise().fail(answer.cause());
            else group.get(i).promise().complete(answer.result().get(i));
          }
        });
  }

  public Future<Void> close() {
    closed = true;
    connection = null;
    if (client != null) client.close();
    return Future.succeededFuture();
  }
}
