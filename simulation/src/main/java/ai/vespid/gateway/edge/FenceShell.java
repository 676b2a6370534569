package ai.vespid.gateway.edge;

import ai.vespid.kit.node.View;
import ai.vespid.simulation.Mutant;
import java.util.List;

/** The {@link Fence} of a simulated edge. */
public final class FenceShell {
  private final Fence fence;
  private final Mutant mutant;
  private View view;

  public FenceShell(View view, Mutant mutant) {
    this.fence = new Fence(view);
    this.view = view;
    this.mutant = mutant;
  }

  public void viewChanged(View now, long nowMs) {
    view = now;
    fence.viewChanged(now, nowMs);
  }

  /** Fails when an offer of this node is not taken. */
  public void check(String home, long nowMs) {
    if (mutant == Mutant.OFFER_OF_THE_DEAD_TAKEN) return;
    if (mutant == Mutant.BACK_AT_ONCE && view.has(home)) return;
    fence.check(home, nowMs);
  }

  /** Fails while another home is seen here than these. */
  public void agree(List<String> homes) {
    if (mutant != Mutant.OFFER_OF_THE_DEAD_TAKEN) fence.agree(homes);
  }
}
