package ai.vespid.gateway.control;

import ai.vespid.kit.crypto.Tokens;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.http.Pairing;
import ai.vespid.sql.AgentRepository;
import ai.vespid.sql.AgentRepository.NewAgent;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/** An organization's own executors, under both spellings. */
final class AgentEndpoints {
  static final Duration PAIRING_TTL = Duration.ofMinutes(15);
  static final int PAIRING_TOKEN_BYTES = 24;
  private static final int EXECUTOR_TOKEN_BYTES = 32;
  private static final int CAPABILITIES_CHARS_MAX = 16_384;

  private final AgentRepository agents;
  private final Presence presence;
  private final ControlSettings settings;
  private final InstantSource clock;
  private final RateLimits pairings;

  AgentEndpoints(
      AgentRepository agents, Presence presence, ControlSettings settings, InstantSource clock) {
    this.agents = agents;
    this.presence = presence;
    this.settings = settings;
    this.clock = clock;
    this.pairings = new RateLimits(settings.pairingsPerMinute());
  }

  Map<String, Endpoint> endpoints() {
    return Map.ofEntries(
        Map.entry("listAgents", this::list),
        Map.entry("listExecutors", this::list),
        Map.entry("createAgentPairingToken", this::pairingToken),
        Map.entry("createExecutorPairingToken", this::pairingToken),
        Map.entry("pairAgent", this::pair),
        Map.entry("pairExecutor", this::pair),
        Map.entry("tagAgent", call -> label(call, "tags")),
        Map.entry("labelExecutor", call -> label(call, "labels")),
        Map.entry("revokeAgent", this::revoke),
        Map.entry("revokeExecutor", this::revoke),
        Map.entry("deleteAgent", this::delete),
        Map.entry("deleteExecutor", this::delete));
  }

  /** Which of an organization's executors are asked for; null for whichever (W-8). */
  private record Wanted(String tag, String capability, String status) {
    static Wanted of(Query query) {
      return new Wanted(query.text("tag"), query.text("capability"), query.text("status"));
    }

    // What it can do is known of those that are connected.
    boolean can(Optional<Route> route) {
      if (capability == null) return true;
      return route.isPresent()
          && (route.get().kinds().stream().anyMatch(kind -> named(kind).equals(capability))
              || route.get().connectors() != null && route.get().connectors().contains(capability));
    }

    private static String named(Kind kind) {
      return kind.name().toLowerCase(Locale.ROOT).replace('_', '.');
    }
  }

  private Future<Answer> list(Call call) {
    var wanted = Wanted.of(new Query(call));
    var routes = presence.routes(call.organizationId());
    return agents
        .list(call.organizationId())
        .compose(stored ->
            routes.map(known -> {
              var staleAfter = Duration.ofMillis(settings.staleAfterMs());
              var judge = new AgentView.Judge(known, clock.instant(), staleAfter);
              var views =
                  stored.stream()
                      .filter(
                          agent -> wanted.tag() == null || agent.labels().contains(wanted.tag()))
                      .filter(agent -> wanted.can(known.map(all -> all.get(agent.id()))))
                      .map(judge::view)
                      .filter(
                          view -> wanted.status() == null || view.status().equals(wanted.status()))
                      .toList();
              return Answer.ok(Map.of("agents", views, "executors", views));
            }));
  }

  private Future<Answer> pairingToken(Call call) {
    var token = call.organizationId() + "." + Tokens.random(PAIRING_TOKEN_BYTES);
    var expiresAt = clock.instant().plus(PAIRING_TTL);
    return agents
        .savePairingToken(
            call.organizationId(), Tokens.hash(token), expiresAt, call.caller().userId())
        .map(_ -> Answer.created(Map.of("token", token, "expiresAt", Iso.of(expiresAt))));
  }

  private Future<Answer> pair(Call call) {
    pairings.attempt(ClientAddress.of(call, settings));
    var pairingToken = call.text("pairingToken");
    int dot = pairingToken.indexOf('.');
    var organizationId = dot < 0 ? "" : pairingToken.substring(0, dot);
    if (!Check.isUuid(organizationId)) return Future.failedFuture(invalidToken());
    var id = UUID.randomUUID().toString();
    var token = organizationId + "." + Tokens.random(EXECUTOR_TOKEN_BYTES);
    var agent =
        new NewAgent(
            id,
            call.text("name"),
            Tokens.hash(token),
            call.text("agentVersion"),
            capabilities(call.body()));
    return agents
        .redeem(organizationId, Tokens.hash(pairingToken), agent)
        .map(redemption ->
            switch (redemption) {
              case PAIRED ->
                  Answer.created(
                      new Pairing.Paired(
                          id, id, token, token, organizationId, settings.publicGatewayWsUrl()));
              case INVALID -> throw invalidToken();
              case EXPIRED ->
                  throw new Problem(
                      ErrorCode.PAIRING_TOKEN_EXPIRED,
                      "the pairing token has expired; make another");
            });
  }

  /** What an executor says of itself, bounded. */
  static JsonObject capabilities(JsonObject body) {
    var capabilities = body.getJsonObject("capabilities", new JsonObject());
    if (capabilities.encode().length() > CAPABILITIES_CHARS_MAX) {
      throw new Problem(ErrorCode.BAD_REQUEST, "capabilities: is too large");
    }
    return capabilities;
  }

  private static Problem invalidToken() {
    return new Problem(ErrorCode.PAIRING_TOKEN_INVALID, "the pairing token is unknown or used");
  }

  private Future<Answer> label(Call call, String field) {
    var labels = Call.tidy(call.texts(field));
    return onAgent(
        call,
        id ->
            agents
                .label(call.organizationId(), id, labels)
                .compose(
                    found -> found ? presence.retagged(id, labels) : Future.failedFuture(noAgent()))
                .map(_ -> {
                  var agent = Map.of("id", id, "labels", labels, "tags", labels);
                  return Answer.ok(Map.of("ok", true, "executor", agent, "agent", agent));
                }));
  }

  private Future<Answer> revoke(Call call) {
    return onAgent(
        call,
        id ->
            agents
                .revoke(call.organizationId(), id)
                .map(found -> {
                  if (!found) throw noAgent();
                  presence.revoked(id);
                  return Answer.DONE;
                }));
  }

  private Future<Answer> delete(Call call) {
    return onAgent(
        call,
        id ->
            agents
                .delete(call.organizationId(), id)
                .map(deletion ->
                    switch (deletion) {
                      case DELETED -> Answer.DONE;
                      case NOT_FOUND -> throw noAgent();
                      case NOT_REVOKED ->
                          throw new Problem(
                              ErrorCode.AGENT_NOT_REVOKED, "revoke the agent before deleting it");
                    }));
  }

  private static Future<Answer> onAgent(Call call, Function<String, Future<Answer>> act) {
    var id = call.path("executorId");
    return Check.isUuid(id) ? act.apply(id) : Future.failedFuture(noAgent());
  }

  static Problem noAgent() {
    return new Problem(ErrorCode.AGENT_NOT_FOUND, "no such agent");
  }
}
