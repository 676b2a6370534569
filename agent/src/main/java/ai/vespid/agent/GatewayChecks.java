package ai.vespid.agent;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * Goes the way of a connection step by step: name, port, certificate, credential. It ends before
 * the hello, so no other agent is pushed aside.
 *
 * @param caFile a PEM file with the authorities to trust, or null for the system's
 */
record GatewayChecks(AgentConfig config, String caFile, List<Finding> findings) {
  private static final int WAIT_MS = 5_000;
  private static final Duration SKEW_MAX = Duration.ofMinutes(1);
  private static final int HEADERS_MAX = 100;

  void run() {
    var uri = URI.create(config.gatewayWsUrl());
    boolean tls = uri.getScheme().equalsIgnoreCase("wss");
    int port = uri.getPort() >= 0 ? uri.getPort() : tls ? 443 : 80;
    InetAddress address;
    try {
      address = InetAddress.getByName(uri.getHost());
    } catch (UnknownHostException e) {
      fault("GATEWAY_NAME_UNKNOWN", uri.getHost() + " has no address", "check the name, and DNS");
      return;
    }
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), WAIT_MS);
      socket.setSoTimeout(WAIT_MS);
      if (tls) {
        try (var secure = secure(socket, uri.getHost(), port)) {
          ask(secure, uri);
        }
      } else {
        ask(socket, uri);
      }
    } catch (SSLException e) {
      fault(
          "GATEWAY_UNTRUSTED",
          "the gateway's certificate is not accepted: " + e.getMessage(),
          "set VESPID_AGENT_TLS_CA_FILE to its authority, or mend its name or date");
    } catch (IOException e) {
      fault(
          "GATEWAY_UNREACHABLE",
          uri.getHost() + ":" + port + " does not answer: " + e.getMessage(),
          "check that the gateway runs and no firewall is in between");
    } catch (GeneralSecurityException e) {
      return; // The authorities' file has its own finding.
    }
  }

  private void fault(String code, String what, String remedy) {
    findings.add(Finding.fault(code, what, remedy));
  }

  private SSLSocket secure(Socket socket, String host, int port)
      throws IOException, GeneralSecurityException {
    var context = SSLContext.getInstance("TLS");
    context.init(null, caFile == null ? null : trust(), null);
    var secure = (SSLSocket) context.getSocketFactory().createSocket(socket, host, port, true);
    var parameters = secure.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secure.setSSLParameters(parameters);
    secure.startHandshake();
    return secure;
  }

  private TrustManager[] trust() throws IOException, GeneralSecurityException {
    var store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (var in = Files.newInputStream(Path.of(caFile))) {
      int n = 0;
      for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("ca" + n++, certificate);
      }
    }
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  private void ask(Socket socket, URI uri) throws IOException {
    var path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    var request =
        """
        GET %s HTTP/1.1\r
        Host: %s\r
        Connection: Upgrade\r
        Upgrade: websocket\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dmVzcGlkLWRvY3RvciEhIQ==\r
        Authorization: Bearer %s\r
        \r
        """
            .formatted(path, uri.getRawAuthority(), config.executorToken());
    socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
    var in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    var first = in.readLine();
    if (first == null || !first.matches("HTTP/1\\.1 \\d{3}.*")) {
      fault("GATEWAY_IS_NONE", "what answers there speaks no HTTP", "check the address");
      return;
    }
    judge(Integer.parseInt(first.substring(9, 12)), path);
    for (int i = 0; i < HEADERS_MAX; i++) {
      var header = in.readLine();
      if (header == null || header.isEmpty()) return;
      if (header.toLowerCase(Locale.ROOT).startsWith("date:")) clock(header.substring(5).strip());
    }
  }

  private void judge(int status, String path) {
    switch (status) {
      case 101 -> {}
      case 401 -> fault("TOKEN_REFUSED", "the gateway does not know the credential", "pair again");
      case 403 ->
          fault("EXECUTOR_REVOKED", "this agent was revoked", "reinstate it, or pair again");
      case 429, 503 ->
          findings.add(
              Finding.note(
                  "GATEWAY_BUSY", "the gateway lets nobody in just now", "the agent comes again"));
      default ->
          fault(
              "GATEWAY_IS_NONE",
              "what answers at " + path + " is no gateway: status " + status,
              "check gatewayWsUrl; its path is usually /ws/executor");
    }
  }

  private void clock(String date) {
    try {
      var theirs = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      var skew = Duration.between(theirs, Instant.now()).abs();
      if (skew.compareTo(SKEW_MAX) > 0) {
        fault(
            "CLOCK_WRONG",
            "this machine's clock and the gateway's differ by " + skew.toSeconds() + " s",
            "set the time by NTP");
      }
    } catch (DateTimeException e) {
      return; // A server that knows no dates.
    }
  }
}
