package ai.vespid.gateway.control;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Homes;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.command.CommandCall;
import ai.vespid.protocol.command.CommandResult;
import ai.vespid.protocol.command.CommandResult.Status;
import ai.vespid.protocol.command.Commands;
import ai.vespid.protocol.http.CommandBody;
import ai.vespid.sql.AgentRepository;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Commands to one agent (V-35, W-20): durable dispatches to it and nobody else, so each has exactly
 * one result, whichever process dies. Arguments are checked here as the agent checks them; those
 * that are secret travel sealed.
 */
final class CommandEndpoints {
  private static final Duration ACCEPT_MAX = Duration.ofSeconds(3);
  private static final Duration LOOK_MAX = Duration.ofSeconds(1);

  private final AgentRepository agents;
  private final HomeCalls homes;
  private final SecretsUnderWay secrets;

  CommandEndpoints(AgentRepository agents, HomeCalls homes, SecretsUnderWay secrets) {
    this.agents = agents;
    this.homes = homes;
    this.secrets = secrets;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of(
        "commandAgent", this::command,
        "readAgentCommand", this::read,
        "cancelAgentCommand", this::cancel);
  }

  /** One command of one agent of one organization. */
  private record Target(String organizationId, String agentId, String id) {
    // Whose it is stands in it, so nobody reads another organization's by knowing an id.
    String requestId() {
      return organizationId + ":command." + agentId + "." + id + ":1";
    }

    String key() {
      return Homes.queueKey(Pool.BYON, organizationId);
    }
  }

  private Future<Target> target(Call call, String id) {
    var agentId = call.path("executorId");
    if (!Check.isUuid(agentId)) return Future.failedFuture(AgentEndpoints.noAgent());
    return agents
        .exists(call.organizationId(), agentId)
        .map(found -> {
          if (!found) throw AgentEndpoints.noAgent();
          return new Target(call.organizationId(), agentId, id);
        });
  }

  private Future<Answer> command(Call call) {
    var body = Json.read(call.context().body().buffer().getBytes(), CommandBody.class);
    var shape =
        Commands.find(body.name())
            .orElseThrow(() -> new InvalidMessage("body", Commands.unknown(body.name())));
    shape.check(body.arguments());
    var halves = shape.halves(body.arguments());
    var hidden = halves.secret().isEmpty() ? null : RawJson.from(halves.secret()).text();
    var id = body.id() == null ? UUID.randomUUID().toString() : body.id();
    var payload = RawJson.from(new CommandCall(id, body.name(), RawJson.from(halves.open())));
    return target(call, id)
        .compose(target ->
            accept(target, dispatch(target, call.caller().userId(), payload, hidden, body))
                .compose(done ->
                    done == null
                        ? await(target, body.name(), Duration.ofMillis(body.waitMs()))
                        : Future.succeededFuture(answer(target, body.name(), done))));
  }

  private Dispatch dispatch(
      Target target, String userId, RawJson payload, String hidden, CommandBody body) {
    return new Dispatch(
        target.requestId(),
        target.organizationId(),
        userId,
        Kind.AGENT_COMMAND,
        payload,
        null,
        secrets.seal(hidden),
        new Selector(Pool.BYON, List.of(), null, null, target.agentId()),
        body.timeoutMs(),
        body.timeoutMs(),
        EffectClass.AT_MOST_ONCE,
        null,
        WorkspaceUse.NONE);
  }

  // Null when it is under way.
  private Future<DispatchResult> accept(Target target, Dispatch dispatch) {
    return homes
        .ask(target.key(), new DispatchRouter.Accept(dispatch), ACCEPT_MAX)
        .map(reply ->
            switch (reply) {
              case DispatchRouter.Accepted _ -> null;
              case DispatchRouter.Finished done -> done.result();
              case DispatchRouter.Refused no -> throw new Problem(no.code(), no.message());
            })
        .recover(CommandEndpoints::away);
  }

  private static <T> Future<T> away(Throwable cause) {
    boolean away = cause instanceof Fault fault && fault.code() != Fault.Code.INTERNAL;
    return Future.failedFuture(
        away ? new Problem(ErrorCode.GATEWAY_UNAVAILABLE, "no gateway takes it now") : cause);
  }

  // Zero is no time to ask in.
  private Future<Answer> await(Target target, String name, Duration max) {
    if (max.isZero()) return Future.succeededFuture(running(target));
    var question =
        new DispatchRouter.Await(target.key(), target.requestId(), target.organizationId());
    return homes
        .ask(target.key(), question, max)
        .map(reply ->
            switch (reply) {
              case DispatchRouter.Finished done -> answer(target, name, done.result());
              case DispatchRouter.Accepted _ -> running(target);
              case DispatchRouter.Refused no -> throw new Problem(no.code(), no.message());
            })
        .recover(cause -> {
          if (!(cause instanceof Fault fault)) return Future.failedFuture(cause);
          return switch (fault.code()) {
            case TIMEOUT -> Future.succeededFuture(running(target));
            case NOT_FOUND ->
                Future.failedFuture(
                    new Problem(ErrorCode.COMMAND_NOT_FOUND, "no such command, or long ago"));
            default -> away(cause);
          };
        });
  }

  private Future<Answer> read(Call call) {
    return existing(call).compose(target -> await(target, "", LOOK_MAX));
  }

  private Future<Answer> cancel(Call call) {
    return existing(call)
        .compose(target ->
            homes
                .ask(
                    target.key(),
                    new DispatchRouter.Cancel(
                        target.key(), target.requestId(), target.organizationId()),
                    ACCEPT_MAX)
                .recover(CommandEndpoints::away)
                .compose(_ -> await(target, "", LOOK_MAX)));
  }

  private Future<Target> existing(Call call) {
    var id = call.path("commandId");
    return id.matches(CommandBody.ID)
        ? target(call, id)
        : Future.failedFuture(new Problem(ErrorCode.COMMAND_NOT_FOUND, "no such command"));
  }

  private static Answer running(Target target) {
    return Answer.accepted(
        Map.of("id", target.id(), "nodeId", target.agentId(), "status", "running"));
  }

  // The agent's own words; where it had none, the gateway's.
  private static Answer answer(Target target, String name, DispatchResult result) {
    var said = result.output();
    if (said != null && said.size() > "null".length()) return Answer.ok(said);
    boolean late = ErrorCode.NODE_EXECUTION_TIMEOUT.name().equals(result.error());
    return Answer.ok(
        new CommandResult(
            target.id(),
            target.agentId(),
            name,
            result.status() == ResultStatus.SUCCEEDED
                ? Status.SUCCESS
                : late ? Status.TIMEOUT : Status.FAILED,
            null,
            result.error(),
            late ? "its time was up" : "the agent gave no result: " + result.error(),
            0,
            null));
  }
}
