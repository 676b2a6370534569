package ai.vespid.gateway.results;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.bus.Mailbox;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.kit.redis.RedisLink;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.ResultStore.Decide;
import ai.vespid.protocol.bus.ResultStore.Get;
import ai.vespid.protocol.bus.ResultStore.Put;
import ai.vespid.sql.DispatchRepository;
import ai.vespid.sql.DispatchRepository.Known;
import ai.vespid.sql.GroupCommit;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.Counter;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.Optional;

/** Owns this node's memory of results; exactly one instance a node. */
public final class ResultStoreVerticle extends VerticleBase {
  private final Node node;
  private final GroupCommit<String, Optional<Known>> rows;
  private RedisLink redis;
  private ResultStoreSettings settings;
  private Cache<String, Stored> memory;
  private Counter redisFailures;
  private Mailbox mailbox;

  public ResultStoreVerticle(Node node, DispatchRepository dispatches) {
    this.node = node;
    this.rows = GroupCommit.reading(dispatches::find);
  }

  @Override
  public Future<?> start() {
    settings = Settings.bind("result-store", config(), ResultStoreSettings.class);
    memory =
        Caffeine.newBuilder()
            .expireAfterWrite(Duration.ofSeconds(settings.ttlSec()))
            .maximumWeight(settings.memoryBytesMax())
            .<String, Stored>weigher((_, stored) -> stored.weight())
            // Its own upkeep on our turn: waking another thread for it costs more than the upkeep.
            .executor(Runnable::run)
            .build();
    redisFailures = node.meters().counter("vespid.results.redis.failures");
    node.meters().gauge("vespid.results.memory", memory, Cache::estimatedSize);
    redis = new RedisLink(vertx, node.service(RedisOptions.class));
    node.meters().gauge("vespid.redis.connected", redis, link -> link.connected() ? 1 : 0);
    return redis
        .open()
        .compose(_ ->
            new Bus(vertx, node.id())
                .serve(ResultStore.at(node.id()), settings.inFlightMax(), this::receive))
        .onSuccess(opened -> mailbox = opened);
  }

  @Override
  public Future<?> stop() {
    if (mailbox == null) return Future.succeededFuture();
    return mailbox.drain(Duration.ofSeconds(5)).eventually(redis::close);
  }

  private Future<? extends Message> receive(ResultStore<?> request) {
    return switch (request) {
      case Put put -> keep(put);
      case Decide decide -> decide(decide);
      case Get get -> find(get.requestId());
    };
  }

  private Future<Done> keep(Put put) {
    var stored = new Stored(put.organizationId(), put.result());
    memory.asMap().putIfAbsent(put.requestId(), stored);
    redis
        .sendSoon(
            Request.cmd(Command.SET)
                .arg(Stored.key(put.requestId()))
                .arg(Buffer.buffer(stored.bytes()))
                .arg("NX")
                .arg("EX")
                .arg(settings.ttlSec()))
        .onFailure(_ -> redisFailures.increment());
    return Future.succeededFuture(new Done());
  }

  private Future<Decide.Stands> decide(Decide decide) {
    var ours = new Stored(decide.organizationId(), decide.result());
    var known = memory.getIfPresent(decide.requestId());
    if (known != null) return Future.succeededFuture(standing(known, ours));
    var key = Stored.key(decide.requestId());
    return redis
        .send(
            Request.cmd(Command.SET)
                .arg(key)
                .arg(Buffer.buffer(ours.bytes()))
                .arg("NX")
                .arg("EX")
                .arg(settings.ttlSec()))
        .compose(written ->
            written == null
                ? redis.send(Request.cmd(Command.GET).arg(key))
                : Future.<Response>succeededFuture())
        .map(other -> other == null ? ours : Stored.of(bytes(other)))
        .otherwise(_ -> {
          redisFailures.increment();
          return ours;
        })
        .map(stands -> {
          var before = memory.asMap().putIfAbsent(decide.requestId(), stands);
          return standing(before == null ? stands : before, ours);
        });
  }

  // Nobody reads another organization's result by guessing its id.
  private static Decide.Stands standing(Stored known, Stored ours) {
    boolean same = known.organizationId().equals(ours.organizationId());
    return new Decide.Stands(same ? known.result() : ours.result());
  }

  private Future<Get.Reply> find(String requestId) {
    var known = memory.getIfPresent(requestId);
    if (known != null) return Future.succeededFuture(found(known.organizationId(), known.result()));
    return redis
        .send(Request.cmd(Command.GET).arg(Stored.key(requestId)))
        .otherwiseEmpty()
        .compose(response -> {
          if (response == null) return inDatabase(requestId);
          var stored = Stored.of(bytes(response));
          memory.put(requestId, stored);
          return Future.succeededFuture(found(stored.organizationId(), stored.result()));
        });
  }

  private Future<Get.Reply> inDatabase(String requestId) {
    return rows.add(requestId)
        .map(row ->
            row.filter(known -> known.result() != null)
                .<Get.Reply>map(known -> found(known.organizationId(), known.result()))
                .orElseGet(Get.NotReady::new))
        .recover(cause ->
            Future.failedFuture(new Fault(Fault.Code.UNAVAILABLE, "the database is away")));
  }

  private static Get.Reply found(String organizationId, DispatchResult result) {
    return new Get.Found(organizationId, result);
  }

  private static byte[] bytes(Response response) {
    return response.toBytes();
  }
}
