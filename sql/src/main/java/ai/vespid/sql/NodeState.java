package ai.vespid.sql;

import java.util.Locale;

/** Where a run is at one of its nodes; one it has not come to has no row. */
public enum NodeState {
  /** Its own work is under way in the runner. */
  RUNNING,
  /** It waits for something from outside: a remote result, or an approval. */
  BLOCKED,
  SUCCEEDED,
  FAILED,
  /** It will never run. */
  SKIPPED;

  /** As it stands in the table. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether nothing more comes of it in its attempt. */
  public boolean over() {
    return this != RUNNING && this != BLOCKED;
  }

  static NodeState of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }
}
