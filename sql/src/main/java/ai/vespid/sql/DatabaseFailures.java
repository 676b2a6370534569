package ai.vespid.sql;

import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/** What a failed statement means to the one who asked. */
public final class DatabaseFailures {
  private static final String UNIQUE_VIOLATION = "23505";
  // Connection exceptions, insufficient resources, operator intervention: all pass.
  private static final Set<String> PASSING_CLASSES = Set.of("08", "53", "57");

  private static final Pattern POOL =
      Pattern.compile("(?i)^timeout$|connection pool|pool closed|connection is not active");

  private DatabaseFailures() {}

  /** True when the database cannot be reached or is overloaded: try again later. */
  public static boolean unavailable(Throwable cause) {
    return switch (cause) {
      case PgException e when e.getSqlState() != null ->
          PASSING_CLASSES.contains(e.getSqlState().substring(0, 2));
      case ClosedConnectionException _ -> true;
      case IOException _ -> true;
      case TimeoutException _ -> true;
      // A full wait queue and a wait that took too long have no public type.
      default -> cause.getMessage() != null && POOL.matcher(cause.getMessage()).find();
    };
  }

  /** True when a value cannot be stored at all, such as text with a NUL character. */
  public static boolean unacceptable(Throwable cause) {
    return cause instanceof PgException e
        && e.getSqlState() != null
        && e.getSqlState().startsWith("22");
  }

  /** True when a row with the same value in this constraint exists already. */
  public static boolean duplicate(Throwable cause, String constraint) {
    return cause instanceof PgException e
        && UNIQUE_VIOLATION.equals(e.getSqlState())
        && constraint.equals(e.getConstraint());
  }
}
