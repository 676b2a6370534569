package ai.vespid.agent.sandbox.docker;

import ai.vespid.protocol.trust.Authorities;
import ai.vespid.protocol.trust.Pem;
import com.github.dockerjava.transport.SSLConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyManagementException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * TLS with an engine at {@code tcp://}, asked for as from Docker's own programs: by {@code
 * DOCKER_TLS_VERIFY}, with {@code ca.pem}, {@code cert.pem} and {@code key.pem} (PKCS#8) in {@code
 * DOCKER_CERT_PATH}, or in {@code ~/.docker}.
 */
record EngineTls(Path folder) implements SSLConfig {
  private static final char[] NO_PASSWORD = {};

  static Optional<EngineTls> of(Map<String, String> environment) {
    var verify = environment.getOrDefault("DOCKER_TLS_VERIFY", "");
    if (verify.isEmpty() || verify.equals("0")) return Optional.empty();
    var folder = environment.get("DOCKER_CERT_PATH");
    var usual = Path.of(System.getProperty("user.home"), ".docker");
    return Optional.of(new EngineTls(folder == null ? usual : Path.of(folder)));
  }

  @Override
  public SSLContext getSSLContext() throws KeyManagementException {
    try {
      var trust = Authorities.of(Pem.certificates(folder.resolve("ca.pem")), List.of());
      var own = KeyStore.getInstance("PKCS12");
      own.load(null, NO_PASSWORD);
      var chain = Pem.certificates(folder.resolve("cert.pem")).toArray(Certificate[]::new);
      own.setKeyEntry("agent", Pem.privateKey(folder.resolve("key.pem")), NO_PASSWORD, chain);
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, NO_PASSWORD);
      var context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), new TrustManager[] {trust}, null);
      return context;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new KeyManagementException(folder + ": " + e.getMessage(), e);
    }
  }
}
