package ai.vespid.worker.workflow;

import ai.vespid.protocol.workflow.Node;
import java.time.Duration;

/** Whether a node may run (contract 5.6). */
interface NodePolicy {
  /** Nothing is asked about, as both seeds expect. */
  NodePolicy ALLOW_ALL = _ -> new Verdict.Allow();

  Verdict judge(Node node);

  /** What it says. */
  sealed interface Verdict {
    record Allow() implements Verdict {}

    record Deny(String reason) implements Verdict {}

    /** A person decides, within this time. */
    record Ask(String reason, Duration ttl) implements Verdict {}
  }
}
