package ai.vespid.worker.workflow;

import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.workflow.Node;

/** What is to be done for a step of a run, and until when. */
record Orders(String runId, RunRules rules) {
  Effect execute(Node node, Step step) {
    var key = RequestId.of(runId, node.id(), step.attempt());
    return new Effect.Execute(node.id(), step.attempt(), key, timeoutMs(node));
  }

  /** Sent late or again after a crash, it has no more time than was left. */
  Effect send(Node node, Step step) {
    var deadline = step.timeoutAt().minus(rules.timeoutGrace());
    var since = deadline.minusMillis(timeoutMs(node));
    return new Effect.Send(node.id(), step.requestId(), step.attempt(), since, deadline);
  }

  int timeoutMs(Node node) {
    return node.config().timeoutMs().orElse(rules.timeoutMs());
  }
}
