package ai.vespid.worker.workflow;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.sql.Run;
import ai.vespid.sql.RunNode;
import ai.vespid.sql.RunRepository.Advance;
import ai.vespid.sql.RunRepository.Advanced;
import ai.vespid.worker.agents.AgentTask;
import ai.vespid.worker.gateway.GatewayClient;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;

/** What a held run stands on: the database, time, and who carries out its nodes. */
interface Carriers {
  InstantSource clock();

  Duration lease();

  /** How long a run that waits is kept. */
  long lingerMs();

  /** How long a dispatch that nobody connected could do is handed in again. */
  long agentWaitMs();

  void after(long ms, Runnable what);

  /** The blocked nodes for which something has come. */
  Future<List<RunNode>> arrived(String runId);

  Future<Advanced> advance(Advance step);

  /** Carries a node out here. A node that fails is a result; a failure is a node not begun. */
  Future<DispatchResult> execute(Run run, Node node, Effect.Execute effect);

  /** As above; what it does meanwhile is told. */
  default Future<DispatchResult> execute(
      Run run, Node node, Effect.Execute effect, Progress progress) {
    return execute(run, node, effect);
  }

  /** What a node that is carried out here does, and may do. */
  interface Progress extends AgentTask.Progress {
    /** Whether a node that it wants carried out may be. */
    NodePolicy.Verdict judge(Node node);

    /** It has a dispatch under way, which ends with the run. */
    void dispatched(String requestId);

    /** That dispatch is answered. */
    void settled(String requestId);
  }

  /**
   * Hands a node's dispatch to the gateway.
   *
   * @param steps what came before it; asked only where it is told
   */
  Future<GatewayClient.Answer> send(
      Run run, Node node, Effect.Send effect, Supplier<List<RawJson>> steps);

  /** Tells the gateway that nobody wants this dispatch any more. */
  void cancel(Run run, Effect.Cancel effect);
}
