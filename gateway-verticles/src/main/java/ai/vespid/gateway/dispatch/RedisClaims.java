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

  // In one step as well. What nobody wrote down is the attempt of whoever claimed the id.
  private static final String ADVANCE =
      """
      local last = redis.call('GET', KEYS[1])
      if last and tonumber(last) > tonumber(ARGV[1]) then return 0 end
      redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
      return 1
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
  public Future<Boolean> advance(String requestId, int after, int epoch, long forMs) {
    return redis
        .send(
            Request.cmd(Command.EVAL)
                .arg(ADVANCE)
                .arg(1)
                .arg("vespid:attempt:" + requestId)
                .arg(after)
                .arg(epoch)
                .arg(forMs))
        .map(written -> written.toInteger() == 1);
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
