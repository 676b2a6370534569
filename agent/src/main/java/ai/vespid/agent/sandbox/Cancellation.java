package ai.vespid.agent.sandbox;

import java.util.ArrayList;
import java.util.List;

/** A one-way switch by which whoever started a run asks it to stop. */
public final class Cancellation {
  private final List<Runnable> actions = new ArrayList<>();
  private boolean cancelled;

  /** Runs everything registered so far, once; later calls do nothing. */
  public void cancel() {
    List<Runnable> due;
    synchronized (this) {
      if (cancelled) return;
      cancelled = true;
      due = List.copyOf(actions);
      actions.clear();
    }
    // Outside the lock, so that an action may look at this cancellation from another thread.
    due.forEach(Runnable::run);
  }

  public synchronized boolean cancelled() {
    return cancelled;
  }

  /** Registers what to do on cancellation; does it at once when that has already happened. */
  public void onCancel(Runnable action) {
    synchronized (this) {
      if (!cancelled) {
        actions.add(action);
        return;
      }
    }
    action.run();
  }
}
