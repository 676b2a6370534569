package ai.vespid.gateway.control;

import ai.vespid.kit.crypto.Tokens;
import ai.vespid.protocol.ErrorCode;
import com.password4j.Argon2Function;
import com.password4j.Password;
import com.password4j.types.Argon2;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Passwords as Argon2id hashes. Hashing is meant to be slow, so it has threads of its own, and a
 * bound on who may wait for them.
 */
final class Passwords {
  private static final int THREADS = 2;
  private static final int WAITING_MAX = 128;
  private static final int SALT_BYTES = 16;
  // 19 MiB, two passes, one lane.
  private static final Argon2Function ARGON2ID =
      Argon2Function.getInstance(19 * 1024, 2, 1, 32, Argon2.ID);

  private final WorkerExecutor workers;
  private final AtomicInteger waiting = new AtomicInteger();
  private Future<String> nobodys;

  Passwords(Vertx vertx) {
    workers = vertx.createSharedWorkerExecutor("passwords", THREADS);
  }

  Future<String> hash(String password) {
    return run(() -> Password.hash(password).addRandomSalt(SALT_BYTES).with(ARGON2ID).getResult());
  }

  /**
   * True when the password is the one of this hash. Without a hash it takes as long and is false,
   * so that the time does not tell which accounts exist (defect D13).
   */
  Future<Boolean> matches(String password, Optional<String> hash) {
    return dummy()
        .compose(dummy ->
            run(() -> {
              var against = hash.orElse(dummy);
              var function = Argon2Function.getInstanceFromHash(against);
              return Password.check(password, against).with(function) && hash.isPresent();
            }));
  }

  // Of the first login, whoever it is: hashing keeps its 19 MiB, which not every node ever needs.
  private synchronized Future<String> dummy() {
    if (nobodys == null || nobodys.failed()) nobodys = hash(Tokens.random(16));
    return nobodys;
  }

  private <T> Future<T> run(Callable<T> work) {
    if (waiting.incrementAndGet() > WAITING_MAX) {
      waiting.decrementAndGet();
      return Future.failedFuture(
          new Problem(ErrorCode.SERVICE_UNAVAILABLE, "too many logins at once"));
    }
    return workers.executeBlocking(work, false).andThen(_ -> waiting.decrementAndGet());
  }

  Future<Void> close() {
    return workers.close();
  }
}
