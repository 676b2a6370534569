package ai.vespid.gateway.edge;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.Reading;
import ai.vespid.sql.PresenceRepository;
import ai.vespid.sql.PresenceRepository.Arrival;
import ai.vespid.sql.PresenceRepository.Departure;
import ai.vespid.sql.PresenceRepository.Told;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What people may ask about agents later: where each is connected, how its connection ended, and
 * how it says it is. Gathered here and written in groups; nothing waits for it, and while the
 * database is away the oldest of what happened is given up. Confined to its verticle's context.
 */
final class AgentFacts {
  /** How often what was gathered is written. */
  static final long WRITE_MS = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger(AgentFacts.class);
  private static final int WAITING_MAX = 50_000;
  private static final int FEATURES_MAX = 100;
  private static final short GOING_AWAY = 1001;
  private static final short ABNORMAL = 1006;

  private final PresenceRepository presence;
  private final InstantSource clock;
  private final Map<String, Arrival> arrivals = new LinkedHashMap<>();
  private final List<Departure> departures = new ArrayList<>();
  private final Map<String, Told> readings = new HashMap<>();
  private Future<Void> underWay = Future.succeededFuture();

  AgentFacts(PresenceRepository presence, InstantSource clock) {
    this.presence = presence;
    this.clock = clock;
  }

  private static boolean ours(Link link) {
    return link.identity().organizationId() == null;
  }

  /**
   * An agent was welcomed.
   *
   * @param hello null for one that speaks the first protocol
   */
  void arrived(Link link, String remoteAddress, Hello hello) {
    if (ours(link) || arrivals.size() >= WAITING_MAX) return;
    var id = link.identity().executorId();
    boolean tells = hello != null && hello.features().contains(Hello.ACK);
    arrivals.put(
        id,
        new Arrival(
            id,
            link.connectionId(),
            link.node(),
            remoteAddress,
            hello == null ? null : hello.executorVersion(),
            tells ? hello.bootId() : null,
            hello == null
                ? List.of()
                : hello.features().stream()
                    .filter(feature -> feature.indexOf(',') < 0)
                    .sorted()
                    .limit(FEATURES_MAX)
                    .toList(),
            clock.instant()));
  }

  /**
   * Its socket is closed.
   *
   * @param status null when nobody said goodbye
   */
  void left(Link link, Short status, String reason) {
    if (ours(link) || departures.size() >= WAITING_MAX) return;
    departures.add(
        new Departure(
            link.identity().executorId(),
            link.connectionId(),
            clock.instant(),
            how(status, reason)));
  }

  /** How a connection ended, in one word. */
  static String how(Short status, String reason) {
    if (status == null || status == ABNORMAL) return "link_lost";
    return switch (reason == null ? "" : reason) {
      case "AGENT_STOPPED" -> "stopped";
      case "MOVED" -> "moved";
      case "REPLACED" -> "replaced";
      case "EXECUTOR_REVOKED" -> "revoked";
      case "STALE", "PING_TIMEOUT", "ACK_TIMEOUT" -> "silent";
      case "GATEWAY_SHUTDOWN", "GATEWAY_DRAINING" -> "gateway_left";
      default -> status == GOING_AWAY ? "stopped" : "closed";
    };
  }

  /** It says how it is; only the newest counts. */
  void measured(Link link, Reading reading) {
    if (ours(link)) return;
    var id = link.identity().executorId();
    readings.put(id, new Told(id, clock.instant(), RawJson.from(reading)));
  }

  /** Writes what was gathered, unless the last of it is still being written. */
  Future<Void> write() {
    if (!underWay.isComplete()) return underWay;
    var came = List.copyOf(arrivals.values());
    // One that came and went since has to have come first.
    var late = new ArrayList<Departure>();
    var went = new LinkedHashMap<String, Departure>();
    for (var departure : departures) {
      var arrival = arrivals.get(departure.executorId());
      boolean same = arrival != null && arrival.connectionId().equals(departure.connectionId());
      if (same) late.add(departure);
      else went.put(departure.executorId(), departure);
    }
    var told = List.copyOf(readings.values());
    arrivals.clear();
    departures.clear();
    readings.clear();
    underWay =
        each(List.copyOf(went.values()), presence::left, this::keepLeft)
            .compose(_ -> each(came, presence::arrived, this::keepArrived))
            .compose(_ -> each(late, presence::left, this::keepLeft))
            .compose(_ -> each(told, presence::measured, _ -> {}));
    return underWay;
  }

  /** Writes what is left; a database that stands still does not keep its node for longer. */
  Future<Void> writeLast(Duration max) {
    return underWay
        .transform(_ -> write())
        .timeout(max.toMillis(), TimeUnit.MILLISECONDS)
        .otherwiseEmpty();
  }

  private interface Write<T> {
    Future<Void> write(List<T> all);
  }

  private interface Keep<T> {
    void keep(List<T> all);
  }

  private static <T> Future<Void> each(List<T> all, Write<T> write, Keep<T> keep) {
    if (all.isEmpty()) return Future.succeededFuture();
    return write
        .write(all)
        .recover(cause -> {
          LOG.atWarn()
              .addKeyValue("cause", cause.getClass().getSimpleName())
              .addKeyValue("count", all.size())
              .log("what happened to agents could not be written");
          keep.keep(all);
          return Future.succeededFuture();
        });
  }

  private void keepArrived(List<Arrival> all) {
    all.forEach(arrival -> arrivals.putIfAbsent(arrival.executorId(), arrival));
  }

  private void keepLeft(List<Departure> all) {
    if (departures.size() + all.size() < WAITING_MAX) departures.addAll(0, all);
  }
}
