package ai.vespid.agent;

import ai.vespid.agent.trust.GatewayTrust;
import ai.vespid.agent.trust.LinkFault;
import ai.vespid.agent.trust.Proxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/**
 * Goes the way of a connection step by step: name, port, proxy, certificates, credential. It ends
 * before the hello, so no other agent is pushed aside.
 */
record GatewayChecks(AgentConfig config, AgentSettings settings, List<Finding> findings) {
  private static final int WAIT_MS = 5_000;
  private static final int REFUSAL_MS = 1_500;

  void run() {
    var uri = URI.create(config.gatewayWsUrl());
    boolean tls = uri.getScheme().equalsIgnoreCase("wss");
    int port = uri.getPort() >= 0 ? uri.getPort() : tls ? 443 : 80;
    SSLContext context;
    Proxy proxy;
    try {
      context = tls ? context(new GatewayTrust(settings.trust())) : null;
      proxy = settings.proxy(uri);
    } catch (AgentFailure e) {
      return; // Its own finding tells more.
    }
    var first = proxy == null ? uri.getHost() : proxy.host();
    InetAddress address;
    try {
      address = InetAddress.getByName(first);
    } catch (UnknownHostException e) {
      var code = proxy == null ? "GATEWAY_NAME_UNKNOWN" : "PROXY_UNREACHABLE";
      fault(code, first + " has no address", "check the name, and DNS");
      return;
    }
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, proxy == null ? port : proxy.port()), WAIT_MS);
      socket.setSoTimeout(WAIT_MS);
      if (proxy != null && !through(proxy, socket, uri.getHost() + ":" + port)) return;
      talk(context, socket, uri, port);
    } catch (SSLException e) {
      untrusted(e);
    } catch (IOException e) {
      unreachable(e, proxy, uri.getHost() + ":" + port);
    }
  }

  private static SSLContext context(GatewayTrust trust) {
    var context = trust.context();
    try {
      return context == null ? SSLContext.getDefault() : context;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has TLS", e);
    }
  }

  private void fault(String code, String what, String remedy) {
    findings.add(Finding.fault(code, what, remedy));
  }

  private boolean through(Proxy proxy, Socket socket, String target) throws IOException {
    int status = new HttpTalk(socket).connect(target, proxy);
    if (status == 200) return true;
    if (status == 407) {
      fault("PROXY_CREDENTIALS_REFUSED", proxy + " wants credentials", "put them into its URL");
    } else {
      fault(
          "PROXY_REFUSED",
          proxy + " does not connect to " + target + ": status " + status,
          "let it allow CONNECT there");
    }
    return false;
  }

  private void talk(SSLContext context, Socket socket, URI uri, int port) throws IOException {
    if (context == null) {
      new Upgrade(new HttpTalk(socket), findings).ask(uri, config.executorToken());
      return;
    }
    try (var secure =
        (SSLSocket) context.getSocketFactory().createSocket(socket, uri.getHost(), port, true)) {
      var parameters = secure.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      secure.setSSLParameters(parameters);
      secure.startHandshake();
      hearRefusal(secure);
      new Upgrade(new HttpTalk(secure), findings).ask(uri, config.executorToken());
    }
  }

  // Who refuses our certificate says so after the handshake of TLS 1.3. It is heard only when
  // nothing
  // was written meanwhile: that is answered by a reset, which takes the alert along.
  private static void hearRefusal(SSLSocket socket) throws IOException {
    socket.setSoTimeout(REFUSAL_MS);
    try {
      socket.getInputStream().read();
    } catch (SocketTimeoutException _) {
      // It waits for our request.
      socket.setSoTimeout(WAIT_MS);
    }
  }

  private void untrusted(SSLException cause) {
    var code = LinkFault.codeOf(cause, false);
    var remedy =
        switch (code) {
          case "GATEWAY_PIN_MISMATCH" ->
              "ask the gateway's operator whether its key was changed; if so, set the new pin";
          case "GATEWAY_CERTIFICATE_EXPIRED" -> "renew the gateway's certificate, or set the time";
          case "GATEWAY_NAME_MISMATCH" -> "dial the name that its certificate has";
          case "GATEWAY_REVOKED" -> "do not connect there; give the gateway another certificate";
          case "GATEWAY_REVOCATION_UNKNOWN" -> "fetch the present list of each authority";
          case "CLIENT_CERTIFICATE_REFUSED" -> "give the agent a certificate that it accepts";
          default -> "set VESPID_AGENT_TLS_CA_FILE to its authority";
        };
    fault(code, "the two do not trust each other: " + cause.getMessage(), remedy);
  }

  private void unreachable(IOException cause, Proxy proxy, String target) {
    if (proxy == null) {
      fault(
          "GATEWAY_UNREACHABLE",
          target + " does not answer: " + cause.getMessage(),
          "check that the gateway runs and no firewall is in between");
    } else {
      fault(
          "PROXY_UNREACHABLE",
          proxy + ", on the way to " + target + ", does not answer: " + cause.getMessage(),
          "check that the proxy runs, or set VESPID_AGENT_PROXY_URL to none");
    }
  }
}
