package ai.vespid.sql;

import java.time.Duration;

/**
 * How to reach the database and how much of it one process may use.
 *
 * @param url {@code postgres://user:password@host:port/database}
 * @param tenantConnections for requests of one organization
 * @param gatewayConnections for routing, which groups its rows
 * @param identityConnections for logins and session checks
 * @param workerConnections for runs of workflows
 * @param pipeliningMax statements under way on one connection
 * @param waitQueueMax who may wait for a connection of one pool; one more fails at once
 * @param connectionWait how long to wait for one
 * @param silenceMax a connection in use that brings nothing for so long is closed, and what waits
 *     for it fails: a server that is lost with its machine never says so. Longer than any statement
 *     may take
 */
public record DatabaseOptions(
    String url,
    int tenantConnections,
    int gatewayConnections,
    int identityConnections,
    int workerConnections,
    int pipeliningMax,
    int waitQueueMax,
    Duration connectionWait,
    Duration silenceMax) {
  public static final int WAIT_QUEUE_DEFAULT = 4096;

  public DatabaseOptions {
    if (url == null || !url.matches("postgres(ql)?://.+")) {
      throw new IllegalArgumentException(
          "DATABASE_URL must look like postgres://user:password@host:5432/database");
    }
    positive("tenantConnections", tenantConnections);
    positive("gatewayConnections", gatewayConnections);
    positive("identityConnections", identityConnections);
    positive("workerConnections", workerConnections);
    positive("pipeliningMax", pipeliningMax);
    positive("waitQueueMax", waitQueueMax);
    if (!connectionWait.isPositive()) {
      throw new IllegalArgumentException("connectionWait must be positive: " + connectionWait);
    }
    if (!silenceMax.isPositive()) {
      throw new IllegalArgumentException("silenceMax must be positive: " + silenceMax);
    }
  }

  public DatabaseOptions(String url) {
    this(url, 8, 6, 4, 6, 128, WAIT_QUEUE_DEFAULT, Duration.ofSeconds(5), Duration.ofSeconds(75));
  }

  private static void positive(String name, int value) {
    if (value < 1) throw new IllegalArgumentException(name + " must be positive: " + value);
  }

  /** Everything but the password. */
  @Override
  public String toString() {
    return "DatabaseOptions[" + url.replaceFirst("//[^@/]*@", "//***@") + "]";
  }
}
