package ai.vespid.protocol.trust;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Believes certificates that one of its authorities vouches for and, when there are revocation
 * lists, that a valid list of its issuer does not name: a list that is absent or too old is a
 * refusal, and nothing is fetched. Every refusal is a {@link Distrust} with its reason.
 */
public final class Authorities extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager java;

  private Authorities(X509ExtendedTrustManager java) {
    this.java = java;
  }

  /**
   * @param authorities who may vouch; empty means those of this Java
   * @param revocations lists of what they took back; empty means that nobody is asked for them
   */
  public static Authorities of(
      Collection<X509Certificate> authorities, Collection<X509CRL> revocations)
      throws GeneralSecurityException {
    var anchors =
        (authorities.isEmpty() ? Stream.of(ofJava().getAcceptedIssuers()) : authorities.stream())
            .map(certificate -> new TrustAnchor(certificate, null))
            .collect(Collectors.toSet());
    return new Authorities(checking(anchors, revocations));
  }

  private static X509ExtendedTrustManager checking(
      Set<TrustAnchor> anchors, Collection<X509CRL> revocations) throws GeneralSecurityException {
    var parameters = new PKIXBuilderParameters(anchors, new X509CertSelector());
    parameters.setRevocationEnabled(!revocations.isEmpty());
    if (!revocations.isEmpty()) {
      var checker =
          (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
      checker.setOptions(Set.of(Option.PREFER_CRLS, Option.NO_FALLBACK));
      parameters.addCertPathChecker(checker);
      var lists = new CollectionCertStoreParameters(revocations);
      parameters.addCertStore(CertStore.getInstance("Collection", lists));
    }
    var factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(new CertPathTrustManagerParameters(parameters));
    return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
  }

  private static X509ExtendedTrustManager ofJava() throws GeneralSecurityException {
    var factory = TrustManagerFactory.getInstance("PKIX");
    factory.init((KeyStore) null);
    return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
  }

  /** A check of Java's. */
  private interface Check {
    void run() throws CertificateException;
  }

  private static void tell(Check check) throws Distrust {
    try {
      check.run();
    } catch (CertificateException e) {
      throw Distrust.of(e);
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws Distrust {
    tell(() -> java.checkClientTrusted(chain, type));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws Distrust {
    tell(() -> java.checkClientTrusted(chain, type, socket));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws Distrust {
    tell(() -> java.checkClientTrusted(chain, type, engine));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws Distrust {
    tell(() -> java.checkServerTrusted(chain, type));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws Distrust {
    tell(() -> java.checkServerTrusted(chain, type, socket));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws Distrust {
    tell(() -> java.checkServerTrusted(chain, type, engine));
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return java.getAcceptedIssuers();
  }
}
