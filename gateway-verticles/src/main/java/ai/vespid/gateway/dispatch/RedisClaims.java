package ai.vespid.gateway.dispatch;

import ai.vespid.kit.redis.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.Optional;

/** Claims in Redis, one key each. */
final class RedisClaims implements ClaimStore {
  // Compared and deleted in one step: between two the claim may have become another home's.
  private static final String FREE =
      """
      if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
      return 0
      """;

  private final RedisLink redis;

  RedisClaims(RedisLink redis) {
    this.redis = redis;
  }

  @Override
  public Future<Boolean> take(String requestId, String owner, long forMs) {
    return redis
        .send(
            Request.cmd(Command.SET).arg(key(requestId)).arg(owner).arg("NX").arg("PX").arg(forMs))
        .map(written -> written != null);
  }

  @Override
  public Future<Optional<String>> holder(String requestId) {
    return redis
        .send(Request.cmd(Command.GET).arg(key(requestId)))
        .map(holder -> Optional.ofNullable(holder).map(Response::toString));
  }

  @Override
  public Future<Void> free(String requestId, String owner) {
    // Lost when Redis is away: then the same process is granted it again all the same.
    return redis
        .send(Request.cmd(Command.EVAL).arg(FREE).arg(1).arg(key(requestId)).arg(owner))
        .mapEmpty();
  }

  @Override
  public boolean mayHaveForgotten(long withinMs) {
    return redis.wasAwayWithin(Duration.ofMillis(withinMs));
  }

  private static String key(String requestId) {
    return "vespid:claim:" + requestId;
  }
}
