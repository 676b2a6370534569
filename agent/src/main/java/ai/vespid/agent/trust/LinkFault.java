package ai.vespid.agent.trust;

import ai.vespid.agent.AgentFailure;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.trust.Distrust;
import io.netty.handler.codec.http.websocketx.WebSocketHandshakeException;
import io.netty.handler.proxy.ProxyConnectException;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.UpgradeRejectedException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.Locale;
import javax.net.ssl.SSLException;

/** Why no connection to the gateway came about, by a name that does not change. */
public final class LinkFault {
  private static final int TOO_MANY_REQUESTS = 429;

  private LinkFault() {}

  /**
   * The code of what went wrong.
   *
   * @param proxied whether there is a proxy, which is then what is dialled first
   */
  public static String codeOf(Throwable failure, boolean proxied) {
    var distrust = Distrust.within(failure);
    if (distrust != null) return codeOf(distrust.reason());
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case AgentFailure told -> {
          return told.getMessage().replaceFirst("[^A-Z_].*", "");
        }
        case ProxyConnectException proxy -> {
          return codeOf(proxy);
        }
        case ConnectException _ -> {
          return proxied ? "PROXY_UNREACHABLE" : "GATEWAY_UNREACHABLE";
        }
        case UnknownHostException _ -> {
          return proxied ? "PROXY_UNREACHABLE" : "GATEWAY_NAME_UNKNOWN";
        }
        // Such as one that wants a certificate: TLS 1.3 says so when it is too late to be heard.
        case HttpClosedException _, WebSocketHandshakeException _ -> {
          return "GATEWAY_CLOSED";
        }
        case SSLException tls -> {
          return codeOf(tls);
        }
        default -> {}
      }
    }
    return "GATEWAY_UNREACHABLE";
  }

  private static String codeOf(Distrust.Reason reason) {
    return switch (reason) {
      case UNTRUSTED -> "GATEWAY_UNTRUSTED";
      case EXPIRED -> "GATEWAY_CERTIFICATE_EXPIRED";
      case REVOKED -> "GATEWAY_REVOKED";
      case REVOCATION_UNKNOWN -> "GATEWAY_REVOCATION_UNKNOWN";
      case NAME_MISMATCH -> "GATEWAY_NAME_MISMATCH";
      case PIN_MISMATCH -> "GATEWAY_PIN_MISMATCH";
    };
  }

  private static String codeOf(ProxyConnectException proxy) {
    var message = String.valueOf(proxy.getMessage());
    if (message.contains("status: 407")) return "PROXY_CREDENTIALS_REFUSED";
    return message.contains("status: ") ? "PROXY_REFUSED" : "PROXY_UNREACHABLE";
  }

  // What the other end thinks of us it says as an alert (RFC 8446, 6.2).
  private static String codeOf(SSLException tls) {
    var message = String.valueOf(tls.getMessage()).toLowerCase(Locale.ROOT);
    boolean alert = message.contains("alert");
    boolean ofCertificate = message.matches("(?s).*(certificate|unknown_ca|access_denied).*");
    return alert && ofCertificate ? "CLIENT_CERTIFICATE_REFUSED" : "TLS_FAILED";
  }

  /** Whether another attempt would be refused as well. */
  public static boolean forGood(UpgradeRejectedException refused) {
    return refused.getStatus() / 100 == 4 && refused.getStatus() != TOO_MANY_REQUESTS;
  }

  /** The code a gateway gave when it did not let the agent in; null when it gave none. */
  public static String codeOf(UpgradeRejectedException refused) {
    try {
      var body = refused.getBody();
      return body == null ? null : Json.peek(body.getBytes(), "code");
    } catch (InvalidMessage e) {
      return null;
    }
  }
}
