package ai.vespid.agent.settings;

import ai.vespid.agent.AgentFailure;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that is wrong with a configuration. It is collected before anybody is told: who mends
 * one mistake at a time starts the agent as many times.
 */
public final class Problems {
  /**
   * One of them.
   *
   * @param where the variable or key; never its value, which may be a secret
   */
  public record Problem(String where, String what) {
    @Override
    public String toString() {
      return where + " " + what;
    }
  }

  private final List<Problem> found = new ArrayList<>();

  public void add(String where, String what) {
    found.add(new Problem(where, what));
  }

  public List<Problem> found() {
    return List.copyOf(found);
  }

  /** Ends the start when there is any; the message names all. */
  public void check() {
    if (found.isEmpty()) return;
    var lines = found.stream().map(Problem::toString).toList();
    throw new AgentFailure("EXECUTOR_CONFIG_INVALID: " + String.join("; ", lines));
  }
}
