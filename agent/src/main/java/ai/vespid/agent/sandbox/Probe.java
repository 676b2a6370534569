package ai.vespid.agent.sandbox;

import java.util.List;

/** What a backend says of itself when it is asked whether it can run something now. */
public sealed interface Probe {
  /**
   * Scripts can run.
   *
   * @param ignored limits that were asked for and that this backend does not enforce, a sentence
   *     each; they are reported because nobody may assume them
   */
  record Works(List<String> ignored) implements Probe {
    public Works {
      ignored = List.copyOf(ignored);
    }
  }

  /** Nothing can run; {@code why} is a sentence for people. */
  record Fails(String why) implements Probe {}
}
