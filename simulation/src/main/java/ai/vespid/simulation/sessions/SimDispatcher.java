package ai.vespid.simulation.sessions;

import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.DispatchRouter.Await;
import ai.vespid.protocol.bus.DispatchRouter.Cancel;
import ai.vespid.protocol.bus.DispatchRouter.Finished;
import ai.vespid.protocol.bus.DispatchRouter.Refused;
import ai.vespid.protocol.bus.DispatchRouter.Reply;
import ai.vespid.protocol.bus.DispatchRouter.Run;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Message;
import ai.vespid.simulation.runs.RunWorld;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Routers and hosts, as sessions see them: an id is begun at most once and has one result. What a
 * host that is lost was doing has failed. That routers themselves keep this is another simulation's
 * to show.
 */
final class SimDispatcher {
  private static final int WORK_MS_MAX = 4_000;

  private final RunWorld world;
  private final SessionMutant mutant;
  private final SessionJudge judge;
  private final SimHosts hosts;
  private final Map<String, Promise<Reply>> running = new LinkedHashMap<>();
  private final Map<String, DispatchResult> decided = new HashMap<>();

  SimDispatcher(RunWorld world, SessionMutant mutant, SessionJudge judge, SimHosts hosts) {
    this.world = world;
    this.mutant = mutant;
    this.judge = judge;
    this.hosts = hosts;
  }

  Future<? extends Message> receive(DispatchRouter<?> request) {
    return switch (request) {
      case Run(Dispatch dispatch) -> run(dispatch);
      case Await again -> await(again.requestId());
      case Cancel unwanted -> cancel(unwanted.requestId());
      default -> throw new IllegalStateException("sessions do not ask that: " + request);
    };
  }

  /** Whether a dispatch whose id begins so is under way. */
  boolean runs(String prefix) {
    return running.keySet().stream().anyMatch(id -> id.startsWith(prefix));
  }

  private Future<Reply> run(Dispatch dispatch) {
    var id = dispatch.requestId();
    var known = decided.get(id);
    if (known != null) return Future.succeededFuture(new Finished(known, true));
    var under = running.get(id);
    if (under != null && mutant != SessionMutant.ID_BEGUN_TWICE) return under.future();
    var host = dispatch.selector().executorId();
    if (!hosts.connected(host)) {
      return Future.succeededFuture(new Refused(ErrorCode.NO_AGENT_AVAILABLE, "nobody"));
    }
    judge.begins(id);
    world.say(host, "begins " + id);
    var answer = running.computeIfAbsent(id, _ -> Promise.promise());
    int life = hosts.life(host);
    world.after(
        world.random.nextInt(WORK_MS_MAX),
        () ->
            decide(
                id,
                hosts.life(host) == life
                    ? DispatchResult.succeeded(RawJson.of("{\"by\":\"" + host + "\"}"))
                    : DispatchResult.failed(ErrorCode.AGENT_DISCONNECTED)));
    return answer.future();
  }

  private Future<Reply> await(String id) {
    var known = decided.get(id);
    if (known != null) return Future.succeededFuture(new Finished(known, true));
    var under = running.get(id);
    return under == null
        ? Future.failedFuture(new Fault(Fault.Code.NOT_FOUND, "never handed in"))
        : under.future();
  }

  private Future<Done> cancel(String id) {
    if (running.containsKey(id) && mutant != SessionMutant.CANCEL_LOST) {
      decide(id, DispatchResult.failed(ErrorCode.DISPATCH_CANCELED));
    }
    return Future.succeededFuture(new Done());
  }

  private void decide(String id, DispatchResult result) {
    var answer = running.remove(id);
    if (answer == null) return;
    decided.put(id, result);
    world.say("router", id + " " + result.status() + " " + result.error());
    answer.tryComplete(new Finished(result, false));
  }
}
