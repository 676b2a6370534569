package ai.vespid.gateway.control;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.engine.NodeEngine;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which of an organization's connected executors can run which engine with their own login. */
final class EngineStatus {
  /** What the endpoint answers. */
  record Body(String organizationId, Map<String, Engine> engines, String requestedByUserId) {}

  /** One engine over all executors that are online and run engines. */
  record Engine(
      int onlineExecutors, int verifiedCount, int unverifiedCount, List<Login> executors) {}

  /** What one executor says about one engine. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Login(String executorId, String name, boolean verified, String checkedAt, String reason) {}

  private final Presence presence;

  EngineStatus(Presence presence) {
    this.presence = presence;
  }

  Future<Answer> answer(Call call) {
    return presence
        .routes(call.organizationId())
        .map(known -> {
          var routes =
              known.orElseThrow(() ->
                  new Problem(
                      ErrorCode.GATEWAY_UNAVAILABLE,
                      "no gateway tells which executors are online"));
          var engines = engines(routes.values());
          return Answer.ok(new Body(call.organizationId(), engines, call.caller().userId()));
        });
  }

  static Map<String, Engine> engines(Collection<Route> routes) {
    var engines = new TreeMap<String, Engine>();
    for (var engine : NodeEngine.values()) {
      var logins =
          routes.stream()
              .filter(route -> route.kinds().contains(Kind.AGENT_RUN))
              .map(route -> login(route, engine))
              .toList();
      int verified = (int) logins.stream().filter(Login::verified).count();
      engines.put(
          engine.withLogin(),
          new Engine(logins.size(), verified, logins.size() - verified, logins));
    }
    return engines;
  }

  private static Login login(Route route, NodeEngine engine) {
    var id = route.executorId();
    var said = route.engineAuth().get(engine.withLogin());
    if (said != null) {
      return new Login(id, route.name(), said.oauthVerified(), said.checkedAt(), said.reason());
    }
    // It needs no login, only its program; an agent that names none may have it.
    boolean there = route.connectors() == null || route.connectors().contains(engine.withLogin());
    if (engine == NodeEngine.OPENCODE) {
      return new Login(id, route.name(), there, null, there ? "not_required" : "cli_not_found");
    }
    return new Login(id, route.name(), false, null, "not_checked");
  }
}
