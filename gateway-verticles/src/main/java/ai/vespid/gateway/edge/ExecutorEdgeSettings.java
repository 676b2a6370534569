package ai.vespid.gateway.edge;

import ai.vespid.protocol.Limits;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.GatewayFrame.Welcome;
import java.time.Duration;
import java.util.List;

/**
 * The {@code executor-edge} section.
 *
 * @param staleMs an agent that says nothing for so long is disconnected; GATEWAY_AGENT_STALE_MS,
 *     default 60000, at least 5000
 * @param pingEvery how often a WebSocket ping is sent, default 10 s, at least three times in {@code
 *     staleMs}; three without an answer end the connection
 * @param helloMax how long a new socket may wait with its hello
 * @param ackDoubt how long a dispatch may stay without its dispatch_ack before its agent is
 *     doubted, default 1 s, or three times as long while the agent says other things: what is safe
 *     to repeat goes to another one
 * @param ackMax how long a dispatch may stay without its dispatch_ack before the socket is closed
 * @param connectionsMax sockets one instance holds; one more is refused
 * @param handshakesPerSecMax agents that one instance lets in a second, default 1000: ten thousand
 *     that lost a gateway are back at two others within five seconds, and dispatches have time
 *     between them; who comes too early is refused before the upgrade and told when its turn is
 * @param framesPerSecMax frames read from one socket a second, default 20000, a tenth of them at
 *     once; more wait, and their sender with them
 * @param invalidFramesMax unusable frames after which a socket is closed
 * @param coolDown how long who was thrown out for unusable frames is kept out, default 10 s; 0 for
 *     not at all; it is refused before the upgrade with RATE_LIMITED and told when it may come
 * @param writeQueueBytesMax what may wait to be written to one socket before it counts as full
 * @param toolOutputCharsMax GATEWAY_TOOL_OUTPUT_MAX_CHARS, default 200000, 10000 to 1000000
 * @param tlsCertFile GATEWAY_TLS_CERT_FILE: the port speaks TLS alone; with it tlsKeyFile
 * @param tlsClientAuth GATEWAY_TLS_CLIENT_AUTH: none, optional or required certificates of agents
 * @param tlsClientCaFile the authorities that vouch for agents
 * @param tlsClientCrlFile their revocation lists, or null to do without
 * @param tlsTrustedProxies GATEWAY_TLS_TRUSTED_PROXIES: addresses and networks of proxies that end
 *     TLS in front of this port, separated by commas; their X-SSL-Client-Cert and X-Forwarded-For
 *     are believed, and nobody else's
 * @param signingKeyFile Ed25519 keys that sign what is said to agents that want it, or null
 * @param telemetryEvery how often agents say how they and their machines are, default 30 s; 0 for
 *     never
 * @param sweepEvery how often revocations and tags are read again
 */
public record ExecutorEdgeSettings(
    String host,
    Integer port,
    Integer staleMs,
    Duration pingEvery,
    Duration heartbeatEvery,
    Duration telemetryEvery,
    Duration helloMax,
    Duration ackDoubt,
    Duration ackMax,
    Integer connectionsMax,
    Integer handshakesPerSecMax,
    Integer framesPerSecMax,
    Integer invalidFramesMax,
    Duration coolDown,
    Integer writeQueueBytesMax,
    Integer toolOutputCharsMax,
    Duration sweepEvery,
    Duration drainMax,
    Integer inFlightMax,
    String tlsCertFile,
    String tlsKeyFile,
    String tlsClientAuth,
    String tlsClientCaFile,
    String tlsClientCrlFile,
    String tlsTrustedProxies,
    String signingKeyFile) {
  public ExecutorEdgeSettings {
    if (host == null) host = "0.0.0.0";
    if (port == null) port = 3002;
    if (staleMs == null) staleMs = 60_000;
    staleMs = Math.max(5_000, staleMs);
    if (pingEvery == null) pingEvery = Duration.ofSeconds(10);
    // A silent agent that answers pings is not stale.
    if (pingEvery.toMillis() > staleMs / 3) pingEvery = Duration.ofMillis(staleMs / 3);
    if (heartbeatEvery == null) heartbeatEvery = Duration.ofSeconds(15);
    if (telemetryEvery == null) telemetryEvery = Duration.ofSeconds(30);
    if (helloMax == null) helloMax = Duration.ofSeconds(10);
    if (ackDoubt == null) ackDoubt = Duration.ofSeconds(1);
    if (ackMax == null) ackMax = Duration.ofSeconds(5);
    if (connectionsMax == null) connectionsMax = 19_000;
    if (handshakesPerSecMax == null) handshakesPerSecMax = 1_000;
    if (framesPerSecMax == null) framesPerSecMax = 20_000;
    if (invalidFramesMax == null) invalidFramesMax = 100;
    if (coolDown == null) coolDown = Duration.ofSeconds(10);
    if (coolDown.isNegative()) throw new IllegalArgumentException("coolDown must not be negative");
    if (writeQueueBytesMax == null) writeQueueBytesMax = Limits.FRAME_BYTES_MAX;
    if (toolOutputCharsMax == null) toolOutputCharsMax = 200_000;
    toolOutputCharsMax = Math.clamp(toolOutputCharsMax, 10_000, Limits.OUTPUT_CHARS_MAX);
    if (sweepEvery == null) sweepEvery = Duration.ofSeconds(30);
    if (drainMax == null) drainMax = Duration.ofSeconds(5);
    if (inFlightMax == null) inFlightMax = 50_000;
    if (tlsClientAuth == null) tlsClientAuth = "none";
    if (!tlsClientAuth.matches("none|optional|required")) {
      throw new IllegalArgumentException("tlsClientAuth must be none, optional or required");
    }
    Peers.of(tlsTrustedProxies);
    if (handshakesPerSecMax < 1) {
      throw new IllegalArgumentException("handshakesPerSecMax must be positive");
    }
    if (framesPerSecMax < 1) {
      throw new IllegalArgumentException("framesPerSecMax must be positive");
    }
    if (port < 0 || port > 65_535) throw new IllegalArgumentException("must be a port");
  }

  /** Whose word about others is believed. */
  Peers peers() {
    return Peers.of(tlsTrustedProxies);
  }

  /** What a socket of theirs is told first. */
  Welcome welcome(Route route, List<Held> drop) {
    return new Welcome(
        route.connectionId(),
        (int) heartbeatEvery.toMillis(),
        (int) pingEvery.toMillis(),
        route.maxInFlight(),
        Limits.FRAME_BYTES_MAX,
        drop,
        telemetryEvery.isPositive() ? (Integer) (int) telemetryEvery.toMillis() : null);
  }
}
