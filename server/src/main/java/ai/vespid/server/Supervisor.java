package ai.vespid.server;

import io.vertx.core.Context;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one verticle instance running. Vert.x lets an instance serve on after an uncaught exception
 * with whatever state it had; this replaces it by a fresh one. Too many crashes in a row are given
 * up, so that whoever supervises the process takes over.
 */
final class Supervisor {
  private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);
  private static final List<String> BUS_WRITES =
      List.of(
          "io.vertx.core.eventbus.impl.clustered.",
          "io.vertx.core.net.impl.DelegatingChannelPromise");
  static final int CRASHES_MAX = 5;
  private static final long WINDOW_NANOS = Duration.ofMinutes(1).toNanos();
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final Vertx vertx;
  private final String name;
  private final Supplier<Deployable> factory;
  private final DeploymentOptions options;
  private final Duration startMax;
  private final Consumer<String> givenUp;
  private final Deque<Long> crashes = new ArrayDeque<>();
  private String deploymentId;
  private boolean starting;
  private Throwable crashWhileStarting;
  private int generation;
  private boolean stopping;

  /**
   * @param givenUp told the name of the verticle that crashes again and again
   */
  Supervisor(
      Vertx vertx,
      String name,
      Supplier<Deployable> factory,
      DeploymentOptions options,
      Duration startMax,
      Consumer<String> givenUp) {
    this.vertx = vertx;
    this.name = name;
    this.factory = factory;
    this.options = options;
    this.startMax = startMax;
    this.givenUp = givenUp;
  }

  Future<Void> start() {
    int current;
    synchronized (this) {
      if (stopping) return Future.succeededFuture();
      current = ++generation;
      starting = true;
      crashWhileStarting = null;
    }
    return vertx
        .deployVerticle(() -> new Watched(factory.get(), current), new DeploymentOptions(options))
        .timeout(startMax.toMillis(), TimeUnit.MILLISECONDS)
        .compose(id -> deployed(id));
  }

  private Future<Void> deployed(String id) {
    Throwable early;
    int current;
    synchronized (this) {
      starting = false;
      if (stopping) return vertx.undeploy(id);
      deploymentId = id;
      early = crashWhileStarting;
      current = generation;
    }
    if (early != null) crashed(current, early);
    return Future.succeededFuture();
  }

  Future<Void> stop() {
    String id;
    synchronized (this) {
      stopping = true;
      id = deploymentId;
      deploymentId = null;
    }
    return id == null ? Future.succeededFuture() : vertx.undeploy(id);
  }

  // Called on the crashed instance's context.
  private void crashed(int crashedGeneration, Throwable cause) {
    if (isOfTheBus(cause)) {
      LOG.atDebug().setCause(cause).addKeyValue("verticle", name).log("a node's connection failed");
      return;
    }
    String id;
    boolean tooMany;
    synchronized (this) {
      // One instance may throw many times before it is gone; that is one crash.
      if (stopping || crashedGeneration != generation || deploymentId == null) {
        // Its deployment is not known yet, so it cannot be ended yet.
        if (starting && crashedGeneration == generation) crashWhileStarting = cause;
        LOG.atWarn().setCause(cause).addKeyValue("verticle", name).log("failed again");
        return;
      }
      id = deploymentId;
      deploymentId = null;
      crashes.addLast(System.nanoTime());
      while (System.nanoTime() - crashes.getFirst() > WINDOW_NANOS) crashes.removeFirst();
      tooMany = crashes.size() > CRASHES_MAX;
      stopping = tooMany;
    }
    LOG.atError().setCause(cause).addKeyValue("verticle", name).log("crashed");
    if (tooMany) {
      givenUp.accept(name);
      return;
    }
    // From a timer that belongs to nobody: what is deployed on a verticle's context is its child.
    Thread.ofVirtual().start(() -> restart(id));
  }

  // Vert.x 5.0.10 completes a write twice when the connection to a node fails, and throws that on
  // the context of whoever sent last. The message is lost, as its sender has to expect of any.
  static boolean isOfTheBus(Throwable cause) {
    return cause instanceof IllegalStateException
        && Arrays.stream(cause.getStackTrace())
            .anyMatch(frame -> BUS_WRITES.stream().anyMatch(frame.getClassName()::startsWith));
  }

  /** What was thrown where no verticle runs. */
  static void ofNobody(Throwable cause) {
    if (isOfTheBus(cause)) LOG.atDebug().setCause(cause).log("a node's connection failed");
    else LOG.atError().setCause(cause).log("an exception that nobody caught");
  }

  private void restart(String id) {
    vertx
        .undeploy(id)
        .timeout(startMax.toMillis(), TimeUnit.MILLISECONDS)
        .transform(_ -> vertx.timer(PAUSE.toMillis(), TimeUnit.MILLISECONDS))
        .transform(_ -> fresh())
        .onSuccess(_ -> LOG.atInfo().addKeyValue("verticle", name).log("restarted"))
        .onFailure(cause -> {
          LOG.atError().setCause(cause).addKeyValue("verticle", name).log("cannot restart");
          givenUp.accept(name);
        });
  }

  private Future<Void> fresh() {
    var started = Promise.<Void>promise();
    Thread.ofVirtual().start(() -> start().onComplete(started));
    return started.future();
  }

  /** Sets the handler of uncaught exceptions before the verticle can throw one. */
  private final class Watched implements Deployable {
    private final Deployable verticle;
    private final int ownGeneration;

    Watched(Deployable verticle, int ownGeneration) {
      this.verticle = verticle;
      this.ownGeneration = ownGeneration;
    }

    @Override
    public Future<?> deploy(Context context) throws Exception {
      context.exceptionHandler(cause -> crashed(ownGeneration, cause));
      return verticle.deploy(context);
    }

    @Override
    public Future<?> undeploy(Context context) throws Exception {
      return verticle.undeploy(context);
    }
  }
}
