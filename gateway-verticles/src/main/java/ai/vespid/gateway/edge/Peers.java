package ai.vespid.gateway.edge;

import io.vertx.core.MultiMap;
import io.vertx.core.net.SocketAddress;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Who is at the other end of a connection. A proxy that ends TLS in front of the gateway says in
 * headers what it was shown; that is believed of those alone that are named, and what anybody else
 * says in these headers is as if it were not there (W-40).
 *
 * @param proxies addresses and networks of those
 */
record Peers(List<Network> proxies) {
  /** A certificate as nginx has it in {@code $ssl_client_escaped_cert}. */
  static final String CERTIFICATE = "X-SSL-Client-Cert";

  private static final String FORWARDED = "X-Forwarded-For";

  /**
   * Addresses with the same first bits.
   *
   * @param bits how many of them count
   */
  record Network(InetAddress base, int bits) {
    static Network parse(String text) {
      var parts = text.strip().split("/", 2);
      try {
        var base = InetAddress.ofLiteral(parts[0]);
        int all = base.getAddress().length * 8;
        int bits = parts.length == 1 ? all : Integer.parseInt(parts[1]);
        if (bits >= 0 && bits <= all) return new Network(base, bits);
      } catch (IllegalArgumentException _) {
        // Told below, as every other text that is none.
      }
      throw new IllegalArgumentException("must be addresses or networks such as 10.0.0.0/8");
    }

    boolean has(InetAddress address) {
      var ours = base.getAddress();
      var theirs = address.getAddress();
      if (ours.length != theirs.length) return false;
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >> bit % 8;
        if ((ours[bit / 8] & mask) != (theirs[bit / 8] & mask)) return false;
      }
      return true;
    }
  }

  /**
   * Those that a setting names.
   *
   * @param text separated by commas; null for none
   */
  static Peers of(String text) {
    if (text == null || text.isBlank() || text.equals("none")) return new Peers(List.of());
    return new Peers(Stream.of(text.split(",")).map(Network::parse).toList());
  }

  private boolean trusts(SocketAddress peer) {
    if (proxies.isEmpty() || peer == null || peer.hostAddress() == null) return false;
    var address = InetAddress.ofLiteral(peer.hostAddress());
    return proxies.stream().anyMatch(network -> network.has(address));
  }

  /** The certificates of whoever dialled, its own first; empty for none. */
  List<X509Certificate> certificates(SSLSession session, MultiMap headers, SocketAddress peer) {
    return trusts(peer) ? told(headers.get(CERTIFICATE)) : shown(session);
  }

  /** Where whoever dialled is. */
  String address(MultiMap headers, SocketAddress peer) {
    if (peer == null) return null;
    var told = trusts(peer) ? headers.get(FORWARDED) : null;
    // What stands before the last entry somebody else has said.
    return told == null ? peer.hostAddress() : told.substring(told.lastIndexOf(',') + 1).strip();
  }

  private static List<X509Certificate> told(String header) {
    if (header == null || header.isBlank()) return List.of();
    try {
      var pem = URLDecoder.decode(header.replace("+", "%2B"), StandardCharsets.UTF_8);
      var bytes = new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
      return CertificateFactory.getInstance("X.509").generateCertificates(bytes).stream()
          .map(X509Certificate.class::cast)
          .toList();
    } catch (IllegalArgumentException | CertificateException e) {
      // As good as none; where one is required it is refused for that.
      return List.of();
    }
  }

  private static List<X509Certificate> shown(SSLSession session) {
    if (session == null) return List.of();
    try {
      return Stream.of(session.getPeerCertificates()).map(X509Certificate.class::cast).toList();
    } catch (SSLPeerUnverifiedException e) {
      return List.of();
    }
  }
}
