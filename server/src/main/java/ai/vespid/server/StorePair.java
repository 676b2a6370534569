package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/**
 * Both embedded stores of a home, each of which can be restarted, dead or alive, at its port and
 * with its data. Redis that was killed has what it had last saved; PostgreSQL has everything.
 */
final class StorePair implements AutoCloseable {
  // A killed PostgreSQL leaves processes behind that hold its memory for a moment.
  private static final Duration RESTART_MAX = Duration.ofSeconds(30);
  private static final long LOOK_NANOS = 200_000_000;

  private final Home home;
  private final String redisPassword;
  private PostgresStore postgres;
  private RedisStore redis;
  private boolean closed;

  StorePair(Home home, String redisPassword) {
    this.home = home;
    this.redisPassword = redisPassword;
  }

  synchronized void start() {
    postgres = PostgresStore.start(home);
    redis = RedisStore.start(home, redisPassword);
  }

  synchronized PostgresStore postgres() {
    return postgres;
  }

  synchronized RedisStore redis() {
    return redis;
  }

  synchronized void restartPostgres() {
    if (closed) return;
    int port = postgres.port();
    postgres.close();
    postgres = again(port, () -> PostgresStore.start(home), PostgresStore::port);
  }

  synchronized void restartRedis() {
    if (closed) return;
    int port = redis.port();
    redis.close();
    redis = again(port, () -> RedisStore.start(home, redisPassword), RedisStore::port);
  }

  private static <S> S again(int port, Supplier<S> start, ToIntFunction<S> portOf) {
    long limit = System.nanoTime() + RESTART_MAX.toNanos();
    while (true) {
      try {
        var store = start.get();
        if (portOf.applyAsInt(store) == port) return store;
        throw new IllegalStateException("somebody else took port " + port);
      } catch (ConfigurationException e) {
        if (System.nanoTime() > limit) throw e;
        LockSupport.parkNanos(LOOK_NANOS);
      }
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (redis != null) redis.close();
    if (postgres != null) postgres.close();
  }
}
