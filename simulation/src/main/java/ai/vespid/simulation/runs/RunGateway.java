package ai.vespid.simulation.runs;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.worker.gateway.GatewayClient;
import ai.vespid.worker.gateway.GatewayClient.Answer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * A gateway and its agents, as runs see them: what was accepted is done at most once and has one
 * result. Both may die at any time; the gateway comes back with what it has accepted, an agent
 * without what it had begun.
 */
final class RunGateway {
  private static final long ANSWER_MS_MAX = 15_000;
  private static final int WORK_MS_MAX = 3_000;
  private static final int AGENT_AWAY_MS_MAX = 12_000;

  /** A result and since when there is one. */
  record Decided(DispatchResult result, long atMs) {}

  private final RunWorld world;
  private final RunMutant mutant;
  private final RunJudge judge;
  private final Map<String, Long> accepted = new HashMap<>();
  private final Map<String, Decided> decided = new HashMap<>();
  private BiConsumer<String, DispatchResult> push = (_, _) -> {};
  private boolean up = true;
  private int agentLife;
  private long agentBackMs;

  RunGateway(RunWorld world, RunMutant mutant, RunJudge judge) {
    this.world = world;
    this.mutant = mutant;
    this.judge = judge;
  }

  void pushes(BiConsumer<String, DispatchResult> to) {
    push = to;
  }

  Optional<Decided> decided(String requestId) {
    return Optional.ofNullable(decided.get(requestId));
  }

  void die(long forMs) {
    up = false;
    world.say("gateway", "dies");
    world.after(forMs, () -> up = true);
  }

  void agentDies() {
    agentLife++;
    agentBackMs = Math.max(agentBackMs, world.millis() + world.random.nextInt(AGENT_AWAY_MS_MAX));
    world.say("agent", "dies");
  }

  /** A dispatch on its way to it, and the answer on its way back; either may be lost. */
  Future<Answer> dispatch(String requestId, long untilMs) {
    Promise<Answer> answer = Promise.promise();
    world.after(ANSWER_MS_MAX, () -> answer.tryComplete(new GatewayClient.Unanswered("no answer")));
    world.after(
        world.way(),
        () -> {
          if (!up || world.chance(0.02)) {
            world.after(
                world.way(), () -> answer.tryComplete(new GatewayClient.Unanswered("away")));
            return;
          }
          // A gateway that has just begun would keep it; this one refuses whenever nobody is there.
          if (!accepted.containsKey(requestId) && agentAway()) {
            world.after(world.way(), () -> answer.tryComplete(new GatewayClient.Nobody()));
            return;
          }
          accept(requestId, untilMs);
          boolean told = !world.chance(0.05);
          if (told) world.after(world.way(), () -> answer.tryComplete(new GatewayClient.Taken()));
        });
    return answer.future();
  }

  private boolean agentAway() {
    return world.millis() < agentBackMs;
  }

  /** Nobody wants it any more; fails when that was not heard. */
  Future<Void> cancel(String requestId) {
    Promise<Void> heard = Promise.promise();
    world.after(
        world.way(),
        () -> {
          boolean hears = up && !world.chance(0.05);
          if (hears) {
            judge.stops(requestId);
            boolean open = accepted.containsKey(requestId) && !decided.containsKey(requestId);
            if (open) decide(requestId, DispatchResult.failed(ErrorCode.DISPATCH_CANCELED));
          }
          world.after(
              world.way(),
              () -> {
                if (hears) heard.complete();
                else heard.fail("away");
              });
        });
    return heard.future();
  }

  private void accept(String requestId, long untilMs) {
    judge.sends(requestId);
    boolean known = accepted.putIfAbsent(requestId, untilMs) != null;
    if (known && mutant != RunMutant.ID_BEGUN_TWICE) return;
    world.after(
        untilMs - world.millis(),
        () -> decide(requestId, DispatchResult.failed(ErrorCode.NODE_EXECUTION_TIMEOUT)));
    place(requestId);
  }

  private void place(String requestId) {
    world.after(
        world.way(),
        () -> {
          if (!up || agentAway()) {
            world.after(500, () -> place(requestId));
            return;
          }
          if (decided.containsKey(requestId)) return;
          judge.begins(requestId);
          int life = agentLife;
          world.after(world.random.nextInt(WORK_MS_MAX), () -> ended(requestId, life));
        });
  }

  // The agent keeps a result until the gateway has it; what died with an agent has failed.
  private void ended(String requestId, int life) {
    if (!up) {
      world.after(500, () -> ended(requestId, life));
      return;
    }
    var result =
        life == agentLife && !world.chance(0.02)
            ? DispatchResult.succeeded(RawJson.of("{\"ok\":true}"))
            : DispatchResult.failed(ErrorCode.AGENT_DISCONNECTED);
    decide(requestId, result);
  }

  private void decide(String requestId, DispatchResult result) {
    if (decided.containsKey(requestId)) return;
    decided.put(requestId, new Decided(result, world.millis()));
    world.say("gateway", requestId + " " + result.status());
    push.accept(requestId, result);
  }

  /** Reads a result over the network; fails when the gateway is away. */
  Future<Optional<DispatchResult>> result(String requestId) {
    Promise<Optional<DispatchResult>> answer = Promise.promise();
    world.after(world.way(), () -> answered(answer, up, decided(requestId)));
    return answer.future();
  }

  private void answered(
      Promise<Optional<DispatchResult>> answer, boolean asked, Optional<Decided> known) {
    world.after(
        world.way(),
        () -> {
          if (asked) answer.complete(known.map(Decided::result));
          else answer.fail("away");
        });
  }
}
