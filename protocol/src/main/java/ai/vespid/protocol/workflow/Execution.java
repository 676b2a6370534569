package ai.vespid.protocol.workflow;

import ai.vespid.protocol.Pool;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.WorkspaceUse;
import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Where a node runs. A selector without a pool, and no selector at all, mean the organization's own
 * executors, other than in a dispatch, where a selector without a pool means managed ones.
 *
 * @param workspace whether an executor works in the run's files, our addition; null is as its kind
 *     does. Nodes that do are carried out one after the other.
 */
public record Execution(Mode mode, Selector selector, WorkspaceUse workspace) {
  /** The worker itself, or an executor that the gateway chooses. */
  public enum Mode {
    @JsonProperty("cloud")
    CLOUD,
    /** {@code node} is what the first generation says (seed 000), {@code gateway} agent.run. */
    @JsonProperty("executor")
    @JsonAlias({"node", "gateway"})
    EXECUTOR
  }

  /** On any of the organization's own executors. */
  public static final Execution ON_EXECUTOR = new Execution(Mode.EXECUTOR, null, null);

  public static final Execution IN_CLOUD = new Execution(Mode.CLOUD, null, null);

  public Execution {
    if (selector == null) selector = Selector.byon();
    if (selector.pool() == null) selector = selector.in(Pool.BYON);
  }

  public boolean remote() {
    return mode == Mode.EXECUTOR;
  }

  /** The same with a mode, for those who wrote none. */
  static Execution orElse(Execution written, Mode mode) {
    if (written == null) return new Execution(mode, null, null);
    return written.mode() == null
        ? new Execution(mode, written.selector(), written.workspace())
        : written;
  }
}
