package ai.vespid.gateway.control;

import ai.vespid.protocol.bus.Route;
import ai.vespid.sql.AgentRepository.Agent;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One executor in a list, with the field names of both generations. */
@JsonInclude(JsonInclude.Include.ALWAYS)
record AgentView(
    String id,
    String name,
    String status,
    String lastSeenAt,
    String createdAt,
    String revokedAt,
    List<String> tags,
    List<String> labels,
    List<String> reportedTags,
    List<String> reportedLabels) {
  /** How to tell who is online: the routes when somebody knows them, else who was seen lately. */
  record Judge(Optional<Map<String, Route>> routes, Instant now, Duration staleAfter) {
    AgentView view(Agent agent) {
      var route = routes.map(known -> known.get(agent.id())).orElse(null);
      var seen = lastSeen(agent, route);
      var reported = route == null ? claimed(agent.capabilities()) : route.reportedTags();
      return new AgentView(
          agent.id(),
          agent.name(),
          status(agent, route, seen),
          Iso.of(seen),
          Iso.of(agent.createdAt()),
          Iso.of(agent.revokedAt()),
          agent.labels(),
          agent.labels(),
          reported,
          reported);
    }

    private String status(Agent agent, Route route, Instant seen) {
      if (agent.revokedAt() != null) return "revoked";
      boolean online =
          routes.isPresent() ? route != null : seen != null && seen.isAfter(now.minus(staleAfter));
      return online ? "online" : "offline";
    }

    private static Instant lastSeen(Agent agent, Route route) {
      var stored = agent.lastSeenAt();
      if (route == null) return stored;
      var live = Instant.ofEpochMilli(route.lastSeenAtMs());
      return stored == null || live.isAfter(stored) ? live : stored;
    }

    // What the agent said when it was paired; of any type, so look before believing.
    private static List<String> claimed(JsonObject capabilities) {
      var value = capabilities.getValue("tags", capabilities.getValue("labels"));
      if (!(value instanceof JsonArray array)) return List.of();
      return array.stream().filter(String.class::isInstance).map(String.class::cast).toList();
    }
  }
}
