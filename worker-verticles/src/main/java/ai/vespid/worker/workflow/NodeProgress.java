package ai.vespid.worker.workflow;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.sql.AgentThought;
import io.vertx.core.Future;

/** What a node that a held run carries out tells, keeps and asks on its way. */
record NodeProgress(HeldRun held, RunMachine machine, Effect.Execute effect)
    implements Carriers.Progress {
  @Override
  public void told(String kind, RawJson payload) {
    held.happened(() -> machine.progressed(effect.nodeId(), effect.attempt(), kind, payload));
  }

  @Override
  public Future<Void> kept(String thinker, int seq, RawJson thought, String kind, RawJson payload) {
    return held.kept(() -> {
      if (kind != null) {
        machine.progressed(effect.nodeId(), effect.attempt(), kind, payload);
      }
      var row = new AgentThought(effect.nodeId(), thinker, seq, thought);
      machine.thought(row, effect.attempt());
    });
  }

  @Override
  public boolean wanted() {
    return !held.fenced() && !machine.status().terminal();
  }

  @Override
  public boolean leaves() {
    return held.over();
  }

  @Override
  public NodePolicy.Verdict judge(Node node) {
    return machine.judge(node);
  }

  @Override
  public void dispatched(String requestId) {
    machine.dispatched(effect.nodeId(), requestId);
  }

  @Override
  public void settled(String requestId) {
    machine.settled(effect.nodeId(), requestId);
  }
}
