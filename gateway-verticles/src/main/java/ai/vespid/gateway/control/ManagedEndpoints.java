package ai.vespid.gateway.control;

import ai.vespid.kit.crypto.Tokens;
import ai.vespid.protocol.Check;
import ai.vespid.sql.ManagedExecutorRepository;
import ai.vespid.sql.ManagedExecutorRepository.NewExecutor;
import io.vertx.core.Future;
import java.util.Map;
import java.util.UUID;

/** Executors of the managed pool, for whoever holds the service token. */
final class ManagedEndpoints {
  private static final int TOKEN_BYTES = 32;
  private static final int MAX_IN_FLIGHT_DEFAULT = 50;

  private final ManagedExecutorRepository executors;
  private final Presence presence;
  private final ControlSettings settings;

  ManagedEndpoints(
      ManagedExecutorRepository executors, Presence presence, ControlSettings settings) {
    this.executors = executors;
    this.presence = presence;
    this.settings = settings;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of("issueManagedExecutor", this::issue, "revokeManagedExecutor", this::revoke);
  }

  private Future<Answer> issue(Call call) {
    // The id before the dot is the row's: the gateway demands that they are equal (defect E2).
    var id = UUID.randomUUID().toString();
    var token = id + "." + Tokens.random(TOKEN_BYTES);
    var executor =
        new NewExecutor(
            id,
            call.body().getString("name", "managed-executor"),
            Tokens.hash(token),
            call.body().getInteger("maxInFlight", MAX_IN_FLIGHT_DEFAULT),
            Call.tidy(call.texts("labels")),
            AgentEndpoints.capabilities(call.body()),
            call.body().getString("runtimeClass", "container"),
            call.text("region"));
    return executors
        .issue(executor)
        .map(_ ->
            Answer.created(
                Map.of(
                    "executorId", id,
                    "executorToken", token,
                    "gatewayWsUrl", settings.publicGatewayWsUrl())));
  }

  private Future<Answer> revoke(Call call) {
    var id = call.path("executorId");
    if (!Check.isUuid(id)) return Future.failedFuture(AgentEndpoints.noAgent());
    return executors
        .revoke(id)
        .map(found -> {
          if (!found) throw AgentEndpoints.noAgent();
          presence.revoked(id);
          return Answer.DONE;
        });
  }
}
