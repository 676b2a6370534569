package ai.vespid.sql;

import java.util.Locale;

/** Where a run is as a whole (contract 5.2). */
public enum RunStatus {
  QUEUED,
  RUNNING,
  SUCCEEDED,
  FAILED;

  /** As it stands in the table and in answers. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static RunStatus of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }

  public boolean terminal() {
    return this == SUCCEEDED || this == FAILED;
  }
}
