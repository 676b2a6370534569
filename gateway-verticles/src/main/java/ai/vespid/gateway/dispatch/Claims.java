package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.redis.RedisLink;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.UUID;

/**
 * Keeps one request id from being run by two homes, and from being run again after its result: an
 * id is claimed in Redis for as long as a result of it could be read. Only when the claim is not
 * ours is the result looked up, so a new id costs one command.
 *
 * <p>Without Redis an id is claimed unless its result is found: losing the cache costs the
 * protection, not the service.
 */
final class Claims {
  private static final Duration LOOK_MAX = Duration.ofSeconds(5);

  /** What became of a claim. */
  sealed interface Answer {
    record Granted() implements Answer {}

    /** Another process has it, or had it when it died. */
    record Taken() implements Answer {}

    /** It is decided already. */
    record Decided(String organizationId, DispatchResult result) implements Answer {}
  }

  // This process: claims of another owner are those of a dead one, or of another home.
  private final String owner = UUID.randomUUID().toString();
  private final RedisLink redis;
  private final Bus bus;
  private final Address<ResultStore<?>> results;
  private final long resultsTtlMs;

  Claims(RedisLink redis, Bus bus, Address<ResultStore<?>> results, long resultsTtlMs) {
    this.redis = redis;
    this.bus = bus;
    this.results = results;
    this.resultsTtlMs = resultsTtlMs;
  }

  Future<Answer> claim(String requestId, int timeoutMs) {
    var set =
        Request.cmd(Command.SET)
            .arg(key(requestId))
            .arg(owner)
            .arg("NX")
            .arg("PX")
            .arg(Math.max(timeoutMs, resultsTtlMs));
    return redis
        .send(set)
        .transform(written -> {
          // A Redis that was away may have forgotten that the id was claimed, even by us.
          if (written.succeeded() && written.result() != null && !redis.wasAway()) return granted();
          return written.succeeded() && written.result() == null
              ? conflict(requestId)
              : decidedOr(requestId, granted());
        });
  }

  private Future<Answer> conflict(String requestId) {
    return decidedOr(
        requestId,
        redis
            .send(Request.cmd(Command.GET).arg(key(requestId)))
            .map(this::holder)
            .otherwise(new Answer.Granted()));
  }

  // Ours and not decided: its dispatch was not accepted and is tried again.
  private Answer holder(Response response) {
    return response == null || response.toString().equals(owner)
        ? new Answer.Granted()
        : new Answer.Taken();
  }

  private Future<Answer> decidedOr(String requestId, Future<Answer> otherwise) {
    return bus.ask(results, new ResultStore.Get(requestId), LOOK_MAX)
        .transform(found ->
            found.succeeded()
                    && found.result()
                        instanceof
                        ResultStore.Get.Found(String organizationId, DispatchResult result)
                ? Future.succeededFuture(new Answer.Decided(organizationId, result))
                : otherwise);
  }

  /** Gives back the claim of a dispatch that was not accepted. */
  void release(String requestId) {
    // Lost when Redis is away: then the same process is granted it again all the same.
    redis.send(Request.cmd(Command.DEL).arg(key(requestId)));
  }

  private static Future<Answer> granted() {
    return Future.succeededFuture(new Answer.Granted());
  }

  private static String key(String requestId) {
    return "vespid:claim:" + requestId;
  }
}
