package ai.vespid.agent.trust;

import ai.vespid.protocol.trust.Authorities;
import ai.vespid.protocol.trust.Pem;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads what a {@link TrustChoice} names, and collects everything that is wrong with it. */
final class TrustReader {
  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private final TrustChoice choice;
  private final List<Flaw> flaws = new ArrayList<>();

  TrustReader(TrustChoice choice) {
    this.choice = choice;
  }

  List<Flaw> flaws() {
    return List.copyOf(flaws);
  }

  private void flaw(String code, String what, String remedy) {
    flaws.add(new Flaw(code, what, remedy));
  }

  /** Trust is for TLS: without it nothing of what was asked for would hold. */
  void suits(URI gateway) {
    if (!choice.isNone() && !gateway.getScheme().matches("(?i)wss|https")) {
      flaw(
          "TLS_REQUIRED",
          "certificates or pins are asked for, and " + gateway.getScheme() + ":// has no TLS",
          "dial wss://, or take away the TLS settings");
    }
  }

  /** What was read; null when something is wrong. */
  Material read() {
    var authorities = certificates("TLS_CA", choice.authorities());
    // A bundle may keep some that are over.
    if (!authorities.isEmpty() && authorities.stream().allMatch(TrustReader::over)) {
      expired("TLS_CA", choice.authorities());
    }
    var revocations = revocations();
    var pins = pins();
    var own = own();
    if (!flaws.isEmpty()) return null;
    try {
      return new Material(new PinnedTrust(Authorities.of(authorities, revocations), pins), own);
    } catch (GeneralSecurityException e) {
      flaw("TLS_CA_INVALID", "no authorities can be made of it: " + e.getMessage(), "see 'config'");
      return null;
    }
  }

  private List<X509Certificate> certificates(String code, Path file) {
    if (file == null) return List.of();
    try {
      return Pem.certificates(file);
    } catch (IOException e) {
      flaw(code + "_UNREADABLE", file + " cannot be read", "set its path right, or chown it");
    } catch (GeneralSecurityException e) {
      flaw(code + "_INVALID", file + " " + e.getMessage(), "give certificates, as PEM");
    }
    return List.of();
  }

  private static boolean over(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant().isBefore(Instant.now());
  }

  private void expired(String code, Path file) {
    flaw(code + "_EXPIRED", file + " holds a certificate that expired", "give the present one");
  }

  private List<X509CRL> revocations() {
    var file = choice.revocations();
    if (file == null) return List.of();
    try {
      var lists = Pem.revocations(file);
      for (var list : lists) {
        if (list.getNextUpdate() != null
            && list.getNextUpdate().toInstant().isBefore(Instant.now())) {
          flaw("TLS_CRL_EXPIRED", file + " holds a list that is too old", "fetch the present one");
        }
      }
      return lists;
    } catch (IOException e) {
      flaw("TLS_CRL_UNREADABLE", file + " cannot be read", "set VESPID_AGENT_TLS_CRL_FILE right");
    } catch (GeneralSecurityException e) {
      flaw("TLS_CRL_INVALID", file + " " + e.getMessage(), "give revocation lists, as PEM");
    }
    return List.of();
  }

  private Set<Pin> pins() {
    var pins = new HashSet<Pin>();
    for (var text : choice.pins()) {
      Pin.parse(text)
          .ifPresentOrElse(
              pins::add,
              () ->
                  flaw(
                      "TLS_PIN_INVALID",
                      text + " is no pin",
                      "write sha256/ and the SHA-256 of the key in base64"));
    }
    return pins;
  }

  private OwnCertificate own() {
    if (choice.certificate() == null && choice.key() == null) return null;
    if (choice.certificate() == null || choice.key() == null) {
      flaw(
          "TLS_INCOMPLETE",
          "a certificate and its key belong together",
          "set VESPID_AGENT_TLS_CERT_FILE and VESPID_AGENT_TLS_KEY_FILE");
      return null;
    }
    var chain = certificates("TLS_CERT", choice.certificate());
    if (!chain.isEmpty() && over(chain.getFirst())) expired("TLS_CERT", choice.certificate());
    var key = key();
    if (chain.isEmpty() || key == null) return null;
    if (!belongs(key, chain.getFirst().getPublicKey())) {
      flaw(
          "TLS_KEY_MISMATCH",
          choice.key() + " is not the key of " + choice.certificate(),
          "give the two that were made together");
    }
    return new OwnCertificate(key, chain);
  }

  private PrivateKey key() {
    var file = choice.key();
    try {
      if (Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
        flaw("TLS_KEY_OPEN", file + " can be read by others", "chmod 600 it");
      }
      return Pem.privateKey(file);
    } catch (IOException e) {
      flaw("TLS_KEY_UNREADABLE", file + " cannot be read", "set its path right, or chown it");
    } catch (GeneralSecurityException e) {
      flaw("TLS_KEY_INVALID", file + " " + e.getMessage(), "give the key as PEM");
    }
    return null;
  }

  private static boolean belongs(PrivateKey key, PublicKey to) {
    var algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> "Ed25519";
        };
    try {
      var trial = new byte[32];
      new SecureRandom().nextBytes(trial);
      var signer = Signature.getInstance(algorithm);
      signer.initSign(key);
      signer.update(trial);
      var signature = signer.sign();
      signer.initVerify(to);
      signer.update(trial);
      return signer.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
