package ai.vespid.gateway.upkeep;

import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.sql.UpkeepRepository;
import ai.vespid.sql.UpkeepRepository.Batches;
import ai.vespid.sql.UpkeepRepository.Kind;
import io.micrometer.core.instrument.Counter;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Instant;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes what has expired, again and again, on one node at a time. */
public final class UpkeepVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(UpkeepVerticle.class);

  private final Node node;
  private final UpkeepRepository repository;
  private UpkeepSettings settings;
  private Counter failures;
  private Future<?> round = Future.succeededFuture();
  private boolean stopped;

  public UpkeepVerticle(Node node, UpkeepRepository repository) {
    this.node = node;
    this.repository = repository;
  }

  @Override
  public Future<?> start() {
    settings = Settings.bind("upkeep", config(), UpkeepSettings.class);
    failures = node.meters().counter("vespid.upkeep.failures");
    for (var kind : Kind.values()) removed(kind);
    vertx.setPeriodic(settings.every().toMillis(), _ -> work());
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    stopped = true;
    // What is under way ends with its batch.
    return round.otherwiseEmpty();
  }

  private void work() {
    if (!round.isComplete()) return;
    var now = node.clock().instant();
    round =
        repository
            .alone(batches -> all(batches, now))
            .onFailure(cause -> {
              failures.increment();
              LOG.atWarn()
                  .addKeyValue("cause", cause.getClass().getSimpleName())
                  .log("what has expired could not be deleted; it will be tried again");
            });
  }

  /** All kinds, one after the other; answers how many rows went. */
  private Future<Integer> all(Batches batches, Instant now) {
    var done = Future.succeededFuture(0);
    for (var kind : Kind.values()) {
      done =
          done.compose(
              before -> each(batches, kind, now, settings.batchesMax()).map(rows -> before + rows));
    }
    return done;
  }

  private Future<Integer> each(Batches batches, Kind kind, Instant now, int left) {
    if (left == 0 || stopped) return Future.succeededFuture(0);
    int limit = settings.batch(kind);
    return batches
        .delete(kind, now.minus(settings.kept(kind)), limit)
        .compose(rows -> {
          removed(kind).increment(rows);
          return rows < limit
              ? Future.succeededFuture(rows)
              : each(batches, kind, now, left - 1).map(more -> rows + more);
        });
  }

  private Counter removed(Kind kind) {
    var what = kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
    return node.meters().counter("vespid.upkeep.removed", "what", what);
  }
}
