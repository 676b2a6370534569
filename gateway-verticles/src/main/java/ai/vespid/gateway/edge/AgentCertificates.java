package ai.vespid.gateway.edge;

import ai.vespid.kit.http.ServerTls;
import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.kit.node.FileWatch;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.trust.Authorities;
import ai.vespid.protocol.trust.Distrust;
import ai.vespid.protocol.trust.Pem;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges the certificate that an agent shows beside its token: whether an authority of ours vouches
 * for it, nobody revoked it, and it names the executor that the token belongs to (W-1, W-4).
 *
 * <p>A certificate names an executor by a URI among its alternative names, {@code
 * urn:vespid:executor:<id>}, {@code urn:uuid:<id>} or {@code spiffe://<domain>/executor/<id>}, or
 * by its common name.
 */
final class AgentCertificates {
  private static final Logger LOG = LoggerFactory.getLogger(AgentCertificates.class);

  /** What an agent has to show. */
  enum Demand {
    NONE,
    /** A certificate has to be good where there is one. */
    OPTIONAL,
    REQUIRED
  }

  private final Demand demand;
  private final Peers peers;
  private final Path authorityFile;
  private final Path revocationFile;
  private final Map<String, Admitted> admitted = new HashMap<>();
  private volatile Authorities authorities;

  /** An agent that was let in with a certificate, and how it is put out. */
  private record Admitted(String executorId, List<X509Certificate> chain, Runnable close) {}

  /**
   * @throws ConfigurationException naming the setting or file that cannot be used
   */
  AgentCertificates(ExecutorEdgeSettings settings) {
    this.demand = demand(settings.tlsClientAuth());
    this.peers = settings.peers();
    this.authorityFile = path(settings.tlsClientCaFile());
    this.revocationFile = path(settings.tlsClientCrlFile());
    if (demand == Demand.NONE) return;
    if (authorityFile == null) {
      throw new ConfigurationException(
          "executor-edge: tlsClientAuth wants tlsClientCaFile (GATEWAY_TLS_CLIENT_CA_FILE)");
    }
    try {
      read();
    } catch (IOException e) {
      throw new ConfigurationException("executor-edge: cannot be read: " + files());
    } catch (GeneralSecurityException e) {
      throw new ConfigurationException("executor-edge: one of " + files() + " " + e.getMessage());
    }
  }

  /** As above, and follows changes of the files: who is revoked meanwhile is put out. */
  static AgentCertificates watched(Vertx vertx, ExecutorEdgeSettings settings) {
    var certificates = new AgentCertificates(settings);
    if (certificates.demand == Demand.NONE) return certificates;
    FileWatch.start(
        vertx,
        certificates.files(),
        () ->
            vertx
                .executeBlocking(() -> {
                  certificates.read();
                  return null;
                })
                .onSuccess(_ -> certificates.judgeAgain())
                .onFailure(cause ->
                    LOG.atError()
                        .addKeyValue("cause", cause.getMessage())
                        .log("authorities or revocation lists cannot be used; those before stay")));
    return certificates;
  }

  private static Demand demand(String text) {
    return Demand.valueOf(text.toUpperCase(Locale.ROOT));
  }

  private static Path path(String text) {
    return text == null ? null : Path.of(text);
  }

  /** The TLS that these settings ask of the port, if any. */
  static Optional<ServerTls> tls(ExecutorEdgeSettings settings) {
    if (settings.tlsCertFile() == null && settings.tlsKeyFile() == null) {
      boolean elsewhere = !settings.peers().proxies().isEmpty();
      if (elsewhere || demand(settings.tlsClientAuth()) == Demand.NONE) return Optional.empty();
      throw new ConfigurationException(
          "executor-edge: certificates of agents want TLS: GATEWAY_TLS_CERT_FILE, or"
              + " GATEWAY_TLS_TRUSTED_PROXIES");
    }
    if (settings.tlsCertFile() == null || settings.tlsKeyFile() == null) {
      throw new ConfigurationException(
          "executor-edge: tlsCertFile and tlsKeyFile belong together (GATEWAY_TLS_CERT_FILE)");
    }
    boolean asks = demand(settings.tlsClientAuth()) != Demand.NONE;
    return Optional.of(
        new ServerTls(
            path(settings.tlsCertFile()),
            path(settings.tlsKeyFile()),
            asks ? path(settings.tlsClientCaFile()) : null));
  }

  List<Path> files() {
    return Stream.of(authorityFile, revocationFile).filter(file -> file != null).toList();
  }

  /** An agent was let in on this socket. */
  void admitted(Link link, ServerWebSocket socket, Runnable close) {
    if (demand == Demand.NONE) return;
    var shown = peers.certificates(socket.sslSession(), socket.headers(), socket.remoteAddress());
    if (shown.isEmpty()) return;
    var executorId = link.identity().executorId();
    admitted.put(link.connectionId(), new Admitted(executorId, shown, close));
  }

  /** What whoever asks to be let in has shown, to us or to a proxy that is trusted. */
  List<X509Certificate> shown(HttpServerRequest request) {
    return peers.certificates(
        request.connection().sslSession(), request.headers(), request.connection().remoteAddress());
  }

  void gone(Link link) {
    admitted.remove(link.connectionId());
  }

  private void judgeAgain() {
    for (var agent : List.copyOf(admitted.values())) {
      if (refusal(agent.chain(), agent.executorId()).isPresent()) agent.close().run();
    }
  }

  /** Reads the files again; what was read before stays when they cannot be used. Blocks. */
  void read() throws IOException, GeneralSecurityException {
    var lists = revocationFile == null ? List.<X509CRL>of() : Pem.revocations(revocationFile);
    authorities = Authorities.of(Pem.certificates(authorityFile), lists);
  }

  /** Why an agent may not come in. */
  record Refusal(ErrorCode code, String message) {}

  /**
   * Judges.
   *
   * @param chain what was shown, the agent's own first; empty for nothing
   */
  Optional<Refusal> refusal(List<X509Certificate> chain, String executorId) {
    if (demand == Demand.NONE) return Optional.empty();
    if (chain.isEmpty()) {
      return demand == Demand.OPTIONAL
          ? Optional.empty()
          : Optional.of(
              new Refusal(
                  ErrorCode.CLIENT_CERTIFICATE_REQUIRED, "a certificate of the agent is required"));
    }
    try {
      var own = chain.getFirst();
      authorities.checkClientTrusted(
          chain.toArray(X509Certificate[]::new), own.getPublicKey().getAlgorithm());
      return names(own, executorId)
          ? Optional.empty()
          : Optional.of(
              new Refusal(
                  ErrorCode.EXECUTOR_IDENTITY_MISMATCH,
                  "the certificate does not name the executor of this token"));
    } catch (Distrust e) {
      return Optional.of(refusalOf(e.reason()));
    }
  }

  private static Refusal refusalOf(Distrust.Reason reason) {
    return switch (reason) {
      case REVOKED ->
          new Refusal(ErrorCode.CLIENT_CERTIFICATE_REVOKED, "the certificate was revoked");
      case EXPIRED ->
          new Refusal(ErrorCode.CLIENT_CERTIFICATE_EXPIRED, "the certificate is not valid today");
      case REVOCATION_UNKNOWN ->
          new Refusal(
              ErrorCode.CLIENT_CERTIFICATE_UNTRUSTED,
              "no valid revocation list speaks of the certificate");
      case UNTRUSTED, NAME_MISMATCH, PIN_MISMATCH ->
          new Refusal(
              ErrorCode.CLIENT_CERTIFICATE_UNTRUSTED, "no authority vouches for the certificate");
    };
  }

  private static boolean names(X509Certificate certificate, String executorId) {
    var id = executorId.toLowerCase(Locale.ROOT);
    return uris(certificate)
            .anyMatch(uri ->
                uri.equals("urn:vespid:executor:" + id)
                    || uri.equals("urn:uuid:" + id)
                    || uri.matches("spiffe://[^/]+/(.+/)?executor/" + id))
        || certificate
            .getSubjectX500Principal()
            .getName()
            .toLowerCase(Locale.ROOT)
            .matches("(.*,)?cn=" + id + "(,.*)?");
  }

  private static Stream<String> uris(X509Certificate certificate) {
    try {
      var names = certificate.getSubjectAlternativeNames();
      if (names == null) return Stream.empty();
      return names.stream()
          // RFC 5280: 6 is a URI.
          .filter(name -> name.getFirst().equals(6))
          .map(name -> name.getLast().toString().toLowerCase(Locale.ROOT));
    } catch (CertificateParsingException e) {
      return Stream.empty();
    }
  }
}
