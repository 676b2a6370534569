package ai.vespid.gateway.edge;

import ai.vespid.protocol.executor.ExecutorFrame.FrameDenied;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What agents say that cannot be used or believed is counted, and who goes on with it is kept out
 * for a while: one that came again at once would each time be told to its home and to every node,
 * and delay everybody else.
 */
final class Conduct {
  private static final Logger LOG = LoggerFactory.getLogger(Conduct.class);
  private static final int KEPT_OUT_MAX = 10_000;

  private final Duration coolDown;
  private final Ticker clock;
  private final Counter unbelieved;
  private final Counter invalid;
  private final Counter slowed;
  private final Counter late;
  private final Counter thrownOut;
  private final Cache<String, Long> outUntilNanos;

  Conduct(Duration coolDown, Ticker clock, MeterRegistry meters) {
    this.coolDown = coolDown;
    this.clock = clock;
    this.unbelieved = meters.counter("vespid.edge.results.unbelieved");
    this.invalid = meters.counter("vespid.edge.frames.invalid");
    this.slowed = meters.counter("vespid.edge.sockets.slowed");
    this.late = meters.counter("vespid.edge.acknowledgements.late");
    this.thrownOut = meters.counter("vespid.edge.executors.thrown.out");
    this.outUntilNanos =
        Caffeine.newBuilder()
            .maximumSize(KEPT_OUT_MAX)
            .expireAfterWrite(coolDown)
            .ticker(clock)
            .build();
  }

  /** A result or event from a socket that does not hold its dispatch. */
  void unbelieved() {
    unbelieved.increment();
  }

  /** A frame that cannot be used. */
  void invalid() {
    invalid.increment();
  }

  /** An agent did not believe a frame of ours. */
  void denied(Link link, FrameDenied denied) {
    invalid.increment();
    LOG.atWarn()
        .addKeyValue("executor", link.identity().executorId())
        .addKeyValue("code", denied.code())
        .addKeyValue("cause", denied.message())
        .log("an agent did not believe a frame");
  }

  /** It sent more than is read at once. */
  void slowed() {
    slowed.increment();
  }

  /** It did not acknowledge dispatches in time; what is safe to repeat is given to another one. */
  void late(String executorId, int dispatches) {
    late.increment(dispatches);
    LOG.atInfo()
        .addKeyValue("executor", executorId)
        .addKeyValue("dispatches", dispatches)
        .log("an agent did not acknowledge dispatches in time");
  }

  /** It went on with frames that cannot be used. */
  void thrownOut(String executorId) {
    thrownOut.increment();
    outUntilNanos.put(executorId, clock.read() + coolDown.toNanos());
    LOG.atWarn()
        .addKeyValue("executor", executorId)
        .addKeyValue("coolDown", coolDown)
        .log("an agent says what cannot be used, and is kept out for a while");
  }

  /** Zero when the executor may come in now, else after how many seconds. */
  long waitSeconds(String executorId) {
    var until = outUntilNanos.getIfPresent(executorId);
    return until == null ? 0 : 1 + TimeUnit.NANOSECONDS.toSeconds(until - clock.read() - 1);
  }
}
