package ai.vespid.agent.trust;

import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.TrustOptions;
import java.security.GeneralSecurityException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * What TLS connections to the gateway are made with.
 *
 * @param own null when the agent shows no certificate
 */
record Material(PinnedTrust trust, OwnCertificate own) {
  /** For Vert.x. New options every time: sessions of earlier ones are not resumed unchecked. */
  ClientSSLOptions options() {
    var options = new ClientSSLOptions().setHostnameVerificationAlgorithm("HTTPS");
    options.setTrustOptions(TrustOptions.wrap(trust));
    if (own != null) options.setKeyCertOptions(KeyCertOptions.wrap(own));
    return options;
  }

  /** For Java. */
  SSLContext context() {
    try {
      var context = SSLContext.getInstance("TLS");
      var keys = own == null ? null : new KeyManager[] {own};
      context.init(keys, new TrustManager[] {trust}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has TLS", e);
    }
  }
}
