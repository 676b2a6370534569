package ai.vespid.kit.http;

import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.protocol.trust.Pem;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * TLS of one port. The files are read again when they change.
 *
 * @param certificate PEM file with the certificate, and those between it and its authority
 * @param key PEM file (PKCS#8) with its key
 * @param clientAuthorities PEM file with the authorities whose certificates callers are asked for,
 *     or null to ask for none. TLS proves that a caller has the key of the certificate it shows;
 *     whether that one is good is decided by who takes the request, and told with a code
 */
public record ServerTls(Path certificate, Path key, Path clientAuthorities) {
  /**
   * @throws ConfigurationException naming the file that cannot be used
   */
  public ServerTls {
    usable(certificate, Pem::certificates);
    usable(key, Pem::privateKey);
    if (clientAuthorities != null) usable(clientAuthorities, Pem::certificates);
  }

  /** One kind of file. */
  private interface Reader {
    Object read(Path file) throws IOException, GeneralSecurityException;
  }

  private static void usable(Path file, Reader reader) {
    try {
      reader.read(file);
    } catch (IOException e) {
      throw new ConfigurationException(file + " cannot be read");
    } catch (GeneralSecurityException e) {
      throw new ConfigurationException(file + " " + e.getMessage());
    }
  }

  List<Path> files() {
    return List.of(certificate, key);
  }

  ServerSSLOptions options() {
    var options = new ServerSSLOptions();
    options.setKeyCertOptions(
        new PemKeyCertOptions().addCertPath(certificate.toString()).addKeyPath(key.toString()));
    if (clientAuthorities == null) return options;
    options.setTrustOptions(TrustOptions.wrap(new AskedFor(issuers())));
    return options.setClientAuth(ClientAuth.REQUEST);
  }

  HttpServerOptions applyTo(HttpServerOptions server) {
    var options = options();
    server.setSsl(true).setUseAlpn(false).setKeyCertOptions(options.getKeyCertOptions());
    if (clientAuthorities == null) return server;
    return server.setTrustOptions(options.getTrustOptions()).setClientAuth(ClientAuth.REQUEST);
  }

  private List<X509Certificate> issuers() {
    try {
      return Pem.certificates(clientAuthorities);
    } catch (IOException | GeneralSecurityException e) {
      // Only a hint to callers which of their certificates to show.
      return List.of();
    }
  }

  /** Lets every certificate through, for it is judged where its owner can be told. */
  private static final class AskedFor extends X509ExtendedTrustManager {
    private final X509Certificate[] issuers;

    AskedFor(List<X509Certificate> issuers) {
      this.issuers = issuers.toArray(X509Certificate[]::new);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return issuers.clone();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      throw new UnsupportedOperationException("this is the server");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
      throw new UnsupportedOperationException("this is the server");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
      throw new UnsupportedOperationException("this is the server");
    }
  }
}
