package ai.vespid.gateway.control;

import ai.vespid.gateway.control.Query.Cursor;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.Route;
import ai.vespid.sql.AgentRepository;
import ai.vespid.sql.PresenceRepository;
import ai.vespid.sql.PresenceRepository.Event;
import ai.vespid.sql.PresenceRepository.Told;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * One agent as people look at it: where it is connected, how it says it is, and what happened to
 * its connections, which tells whether a link was lost or a process died (W-6, W-7, W-25). Ours;
 * the original has none.
 */
final class PresenceEndpoints {
  private static final Duration HISTORY = Duration.ofDays(1);
  private static final int READINGS_DEFAULT = 288;
  private static final int READINGS_MAX = 2_100;

  private final AgentRepository agents;
  private final PresenceRepository presence;
  private final Presence live;
  private final Duration staleAfter;
  private final InstantSource clock;

  PresenceEndpoints(
      AgentRepository agents,
      PresenceRepository presence,
      Presence live,
      ControlSettings settings,
      InstantSource clock) {
    this.agents = agents;
    this.presence = presence;
    this.live = live;
    this.staleAfter = Duration.ofMillis(settings.staleAfterMs());
    this.clock = clock;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of(
        "readAgent", call -> of(call, this::read),
        "listAgentEvents", call -> of(call, this::events),
        "readAgentTelemetry", call -> of(call, this::telemetry));
  }

  /**
   * A connection.
   *
   * @param live whether it stands now
   * @param endedHow {@code stopped}, {@code link_lost} and so on; null when nobody saw its end,
   *     because the gateway that had it is gone too
   */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Connection(
      String id,
      boolean live,
      String node,
      String remoteAddress,
      String version,
      String bootId,
      List<String> features,
      String connectedAt,
      String endedAt,
      String endedHow) {
    static Connection of(PresenceRepository.Presence last, Route route) {
      return new Connection(
          last.connectionId(),
          route != null && route.connectionId().equals(last.connectionId()),
          last.node(),
          last.remoteAddress(),
          last.version(),
          last.bootId(),
          last.features(),
          Iso.of(last.connectedAt()),
          Iso.of(last.endedAt()),
          last.endedHow());
    }
  }

  /** How an agent said it was. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Read(String at, RawJson reading) {
    static Read of(Told told) {
      return new Read(Iso.of(told.at()), told.reading());
    }
  }

  @JsonInclude(JsonInclude.Include.ALWAYS)
  private record EventView(String id, String at, String kind, String detail) {
    static EventView of(Event event) {
      return new EventView(event.id(), Iso.of(event.at()), event.kind(), event.detail());
    }
  }

  /** What is asked about one agent. */
  private record Which(Call call, String id, AgentRepository.Agent agent) {}

  private Future<Answer> of(Call call, Function<Which, Future<Answer>> act) {
    var id = call.path("executorId");
    if (!Check.isUuid(id)) return Future.failedFuture(AgentEndpoints.noAgent());
    return agents
        .find(call.organizationId(), id)
        .compose(
            found -> act.apply(new Which(call, id, found.orElseThrow(AgentEndpoints::noAgent))));
  }

  private Future<Answer> read(Which which) {
    var organizationId = which.call().organizationId();
    var routes = live.routes(organizationId);
    return presence
        .find(organizationId, which.id())
        .compose(last -> routes.map(known -> Answer.ok(view(which, last, known))));
  }

  private Map<String, Object> view(
      Which which,
      Optional<PresenceRepository.Presence> last,
      Optional<Map<String, Route>> routes) {
    var judge = new AgentView.Judge(routes, clock.instant(), staleAfter);
    var route = routes.map(known -> known.get(which.id())).orElse(null);
    var view = new HashMap<String, Object>();
    view.put("agent", judge.view(which.agent()));
    view.put("connection", last.map(known -> Connection.of(known, route)).orElse(null));
    view.put("telemetry", last.map(PresenceEndpoints::lastRead).orElse(null));
    return view;
  }

  private static Read lastRead(PresenceRepository.Presence last) {
    return last.reading() == null ? null : new Read(Iso.of(last.readAt()), last.reading());
  }

  private Future<Answer> events(Which which) {
    var page = new Query(which.call()).page(100, 500);
    return presence
        .events(which.call().organizationId(), which.id(), page)
        .map(rows -> {
          var body = new HashMap<String, Object>();
          body.put("events", rows.stream().map(EventView::of).toList());
          body.put("nextCursor", Query.next(rows, page, e -> Cursor.after(e.at(), e.id())));
          return Answer.ok(body);
        });
  }

  private Future<Answer> telemetry(Which which) {
    var query = new Query(which.call());
    var until = time("until", query.text("until"), clock.instant());
    var since = time("since", query.text("since"), until.minus(HISTORY));
    int limit = query.limit(READINGS_DEFAULT, READINGS_MAX);
    var organizationId = which.call().organizationId();
    var history = presence.readings(organizationId, which.id(), since, until, limit);
    return presence
        .find(organizationId, which.id())
        .compose(last ->
            history.map(rows -> {
              var body = new HashMap<String, Object>();
              body.put("latest", last.map(PresenceEndpoints::lastRead).orElse(null));
              body.put("history", rows.stream().map(Read::of).toList());
              return Answer.ok(body);
            }));
  }

  private static Instant time(String name, String text, Instant otherwise) {
    if (text == null) return otherwise;
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      throw new InvalidMessage(name, "must be a time such as 2026-11-21T17:00:00Z");
    }
  }
}
