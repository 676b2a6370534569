package ai.vespid.worker.workflow;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.workflow.Definition;
import ai.vespid.sql.Run;
import ai.vespid.worker.gateway.GatewayClient;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands the dispatches of one held run in, again and again, until the gateway has them or never
 * will. Their ids make that harmless, and each node's own time ends it.
 */
final class Handing {
  private static final Logger LOG = LoggerFactory.getLogger(Handing.class);
  private static final long AGAIN_MS_MIN = 250;
  private static final long AGAIN_MS_MAX = 4_000;

  private final Carriers carriers;
  private final Definition definition;
  private final Run run;
  private final RunMachine machine;
  private final HeldRun held;
  private final Map<String, Future<GatewayClient.Answer>> underWay = new HashMap<>();

  Handing(Carriers carriers, Definition definition, Run run, RunMachine machine, HeldRun held) {
    this.carriers = carriers;
    this.definition = definition;
    this.run = run;
    this.machine = machine;
    this.held = held;
  }

  /** How many are on their way to the gateway just now. */
  int underWay() {
    return underWay.size();
  }

  void send(Effect.Send effect) {
    var sent = carriers.send(run, definition.node(effect.nodeId()), effect, machine::told);
    underWay.put(effect.requestId(), sent);
    sent.onComplete(_ -> underWay.remove(effect.requestId()))
        .onSuccess(answer -> answered(effect, answer))
        .onFailure(cause -> held.drop("a dispatch could not be sent"));
  }

  /** Told before its dispatch has arrived, the gateway would know nothing of it. */
  void cancel(Effect.Cancel effect) {
    underWay
        .getOrDefault(effect.requestId(), Future.succeededFuture())
        .onComplete(_ -> carriers.cancel(run, effect));
  }

  private void answered(Effect.Send effect, GatewayClient.Answer answer) {
    var node = effect.nodeId();
    var request = effect.requestId();
    switch (answer) {
      case GatewayClient.Taken() -> held.happened(() -> machine.taken(node, request));
      case GatewayClient.Refused(var error) ->
          held.happened(() -> machine.refused(node, request, error, now()));
      case GatewayClient.Nobody() -> nobody(effect);
      case GatewayClient.Unanswered(var error) -> {
        LOG.atDebug()
            .addKeyValue("request", request)
            .addKeyValue("cause", error)
            .log("the gateway did not take a dispatch; it is sent again");
        later(effect);
        held.happened(() -> {});
      }
    }
  }

  // An agent that lost its gateway, or is started anew, needs a while to be back: that is no
  // failure of the node, of which nothing has begun.
  private void nobody(Effect.Send effect) {
    var node = effect.nodeId();
    var request = effect.requestId();
    var nobody = ErrorCode.NO_AGENT_AVAILABLE.name();
    var enough = effect.since().plusMillis(carriers.agentWaitMs());
    var again = now().plusMillis(waitMs(effect));
    if (now().isBefore(enough) && again.isBefore(effect.deadline())) {
      // Held for other reasons, the run tries again itself; else whoever claims it then.
      later(effect);
      held.happened(() -> machine.waits(node, request, nobody, again));
    } else {
      held.happened(() -> machine.refused(node, request, nobody, now()));
    }
  }

  private void later(Effect.Send effect) {
    carriers.after(waitMs(effect), () -> again(effect));
  }

  // The longer it lasts, the less often it is asked.
  private long waitMs(Effect.Send effect) {
    long lastedMs = now().toEpochMilli() - effect.since().toEpochMilli();
    return Math.clamp(lastedMs / 2, AGAIN_MS_MIN, AGAIN_MS_MAX);
  }

  private void again(Effect.Send effect) {
    if (held.over()) return;
    machine.again(effect.requestId());
    if (now().isBefore(effect.deadline())) send(effect);
    else held.happened(() -> machine.tick(now()));
  }

  private Instant now() {
    return carriers.clock().instant();
  }
}
