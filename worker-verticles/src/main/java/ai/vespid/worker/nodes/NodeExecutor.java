package ai.vespid.worker.nodes;

import ai.vespid.protocol.DispatchResult;
import io.vertx.core.Future;

/** Carries out nodes in this process. */
public interface NodeExecutor {
  /** The node's result; never fails. */
  Future<DispatchResult> execute(NodeCall call);
}
