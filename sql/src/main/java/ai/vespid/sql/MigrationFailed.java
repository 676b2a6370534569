package ai.vespid.sql;

/** The database cannot be used as configured. One line: the cause and the remedy. */
public final class MigrationFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MigrationFailed(String message, Throwable cause) {
    super(message, cause);
  }
}
