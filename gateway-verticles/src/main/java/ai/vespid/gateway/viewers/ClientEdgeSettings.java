package ai.vespid.gateway.viewers;

import ai.vespid.protocol.Check;
import java.time.Duration;

/**
 * Settings of {@code client-edge}.
 *
 * @param authTokenSecret what access tokens are signed with, AUTH_TOKEN_SECRET
 * @param sessionCookieName the cookie of a login
 * @param webBaseUrl the origin whose pages may open a socket with a cookie
 * @param viewersMax sockets at once
 * @param writeQueueBytesMax a viewer that leaves more unread is sent nothing until it has read it
 * @param slowAfter and is dropped when that takes longer
 * @param pingEvery how often a viewer must show a sign of life; three missed close the socket
 * @param recheckEvery how often login and membership are looked at again
 * @param watchEvery how often the homes of what is watched are asked where they are
 */
public record ClientEdgeSettings(
    String host,
    Integer port,
    String authTokenSecret,
    String sessionCookieName,
    String webBaseUrl,
    Integer viewersMax,
    Integer writeQueueBytesMax,
    Duration slowAfter,
    Duration pingEvery,
    Duration recheckEvery,
    Duration watchEvery) {
  private static final int SECRET_LENGTH_MIN = 16;

  public ClientEdgeSettings {
    if (host == null) host = "0.0.0.0";
    if (port == null) port = 3002;
    if (authTokenSecret == null || authTokenSecret.length() < SECRET_LENGTH_MIN) {
      throw new IllegalArgumentException(
          "authTokenSecret must have at least %d characters; set AUTH_TOKEN_SECRET"
              .formatted(SECRET_LENGTH_MIN));
    }
    if (sessionCookieName == null) sessionCookieName = "vespid_session";
    if (webBaseUrl == null) webBaseUrl = "http://localhost:3000";
    if (viewersMax == null) viewersMax = 10_000;
    if (writeQueueBytesMax == null) writeQueueBytesMax = 1024 * 1024;
    if (slowAfter == null) slowAfter = Duration.ofSeconds(10);
    if (pingEvery == null) pingEvery = Duration.ofSeconds(20);
    if (recheckEvery == null) recheckEvery = Duration.ofSeconds(30);
    if (watchEvery == null) watchEvery = Duration.ofSeconds(5);
    Check.range("viewersMax", viewersMax, 1, 1_000_000);
    Check.range("writeQueueBytesMax", writeQueueBytesMax, 1_024, 64 * 1024 * 1024);
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "ClientEdgeSettings[host=%s, port=%d]".formatted(host, port);
  }
}
