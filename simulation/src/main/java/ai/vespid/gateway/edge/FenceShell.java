package ai.vespid.gateway.edge;

import ai.vespid.kit.node.View;
import ai.vespid.simulation.Mutant;
import java.util.List;
import java.util.Set;

/** The {@link Fence} of a simulated edge. */
public final class FenceShell {
  private final Fence fence;
  private final Set<Mutant> omitted;
  private View view;

  public FenceShell(View view, Set<Mutant> omitted) {
    this.fence = new Fence(view);
    this.view = view;
    this.omitted = omitted;
  }

  public void viewChanged(View now, long nowMs) {
    view = now;
    fence.viewChanged(now, nowMs);
  }

  /** Fails when an offer of this node is not taken. */
  public void check(String home, long nowMs) {
    if (omitted.contains(Mutant.OFFER_OF_THE_DEAD_TAKEN)) return;
    if (omitted.contains(Mutant.BACK_AT_ONCE) && view.has(home)) return;
    fence.check(home, nowMs);
  }

  /** Fails while another home is seen here than these. */
  public void agree(List<String> homes) {
    if (!omitted.contains(Mutant.OFFER_OF_THE_DEAD_TAKEN)) fence.agree(homes);
  }
}
