package ai.vespid.gateway.failover;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.sql.DispatchRepository;
import ai.vespid.sql.DispatchRepository.OpenKey;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives open dispatches that nobody has to their homes, again and again. */
public final class FailoverManagerVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(FailoverManagerVerticle.class);
  private static final Duration ASK_MAX = Duration.ofSeconds(10);

  private final Node node;
  private final DispatchRepository dispatches;
  private FailoverManagerSettings settings;
  private Bus bus;
  private boolean sweeping;

  public FailoverManagerVerticle(Node node, DispatchRepository dispatches) {
    this.node = node;
    this.dispatches = dispatches;
  }

  @Override
  public Future<?> start() {
    settings = Settings.bind("failover-manager", config(), FailoverManagerSettings.class);
    bus = new Bus(vertx, node.id());
    vertx.setPeriodic(settings.sweepEvery().toMillis(), _ -> sweep());
    return Future.succeededFuture();
  }

  private void sweep() {
    var view = node.membership().view();
    boolean first = view.members().getFirst().id().equals(node.id());
    if (!first || sweeping || view.homes().routers().isEmpty()) return;
    sweeping = true;
    // What was accepted since the last sweep is on its way.
    page("", node.clock().instant().minus(settings.sweepEvery()))
        .onComplete(swept -> {
          sweeping = false;
          if (swept.succeeded()) return;
          LOG.atWarn()
              .addKeyValue("cause", swept.cause().getMessage())
              .log("open dispatches could not be compared with their homes; tried again later");
        });
  }

  private Future<Void> page(String after, Instant acceptedBefore) {
    return dispatches
        .openKeys(after, acceptedBefore, settings.batchMax())
        .compose(rows -> {
          if (rows.isEmpty()) return Future.succeededFuture();
          return give(rows).compose(_ -> page(rows.getLast().requestId(), acceptedBefore));
        });
  }

  private Future<?> give(List<OpenKey> rows) {
    var homes = node.homes();
    var byHome =
        rows.stream()
            .collect(
                groupingBy(
                    row -> homes.router(row.queueKey()), mapping(OpenKey::requestId, toList())));
    return Future.join(
        byHome.entrySet().stream()
            .map(home -> bus.ask(home.getKey(), new DispatchRouter.Adopt(home.getValue()), ASK_MAX))
            .toList());
  }
}
