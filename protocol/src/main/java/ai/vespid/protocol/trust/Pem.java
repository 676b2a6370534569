package ai.vespid.protocol.trust;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads certificates, revocation lists and keys of PEM files. A file that cannot be read is an
 * {@link IOException}; one that holds something else is a {@link GeneralSecurityException} whose
 * message says what was expected and repeats nothing of it.
 */
public final class Pem {
  private static final int BYTES_MAX = 4 * 1024 * 1024;
  private static final List<String> KEYS = List.of("EC", "RSA", "EdDSA");

  private Pem() {}

  /** All certificates of a file, at least one. */
  public static List<X509Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    try (var in = open(file)) {
      var found =
          CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (found.isEmpty()) throw new GeneralSecurityException("holds no certificate");
      return found;
    } catch (GeneralSecurityException e) {
      throw new GeneralSecurityException("holds no certificate");
    }
  }

  /** All revocation lists of a file, at least one. */
  public static List<X509CRL> revocations(Path file) throws IOException, GeneralSecurityException {
    try (var in = open(file)) {
      var found =
          CertificateFactory.getInstance("X.509").generateCRLs(in).stream()
              .map(X509CRL.class::cast)
              .toList();
      if (found.isEmpty()) throw new GeneralSecurityException("holds no revocation list");
      return found;
    } catch (GeneralSecurityException e) {
      throw new GeneralSecurityException("holds no revocation list");
    }
  }

  /** The one private key of a file: PKCS#8, not encrypted. */
  public static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
    var keys = blocks(file, "PRIVATE KEY");
    if (keys.size() != 1) {
      throw new GeneralSecurityException(
          "holds no private key in PKCS#8; 'openssl pkcs8 -topk8 -nocrypt' makes one of others");
    }
    for (var algorithm : KEYS) {
      try {
        return KeyFactory.getInstance(algorithm)
            .generatePrivate(new PKCS8EncodedKeySpec(keys.getFirst()));
      } catch (InvalidKeySpecException e) {
        continue; // Of another kind.
      }
    }
    throw new GeneralSecurityException("holds a private key that is neither EC, RSA nor Ed25519");
  }

  /** The private keys of a file, at least one, all of them of this algorithm. */
  public static List<PrivateKey> privateKeys(Path file, String algorithm)
      throws IOException, GeneralSecurityException {
    var keys = new ArrayList<PrivateKey>();
    for (var block : blocks(file, "PRIVATE KEY")) {
      try {
        keys.add(KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(block)));
      } catch (InvalidKeySpecException e) {
        throw new GeneralSecurityException("holds a private key that is not " + algorithm);
      }
    }
    if (keys.isEmpty()) throw new GeneralSecurityException("holds no private key in PKCS#8");
    return List.copyOf(keys);
  }

  /** The public keys of a file, at least one, all of them of this algorithm. */
  public static List<PublicKey> publicKeys(Path file, String algorithm)
      throws IOException, GeneralSecurityException {
    var keys = new ArrayList<PublicKey>();
    for (var block : blocks(file, "PUBLIC KEY")) {
      try {
        keys.add(KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(block)));
      } catch (InvalidKeySpecException e) {
        throw new GeneralSecurityException("holds a public key that is not " + algorithm);
      }
    }
    if (keys.isEmpty()) throw new GeneralSecurityException("holds no public key");
    return List.copyOf(keys);
  }

  private static List<byte[]> blocks(Path file, String label)
      throws IOException, GeneralSecurityException {
    String text;
    try (var in = open(file)) {
      text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
    Matcher block =
        Pattern.compile("-----BEGIN %1$s-----([^-]*)-----END %1$s-----".formatted(label))
            .matcher(text);
    var found = new ArrayList<byte[]>();
    while (block.find()) {
      try {
        found.add(Base64.getMimeDecoder().decode(block.group(1)));
      } catch (IllegalArgumentException e) {
        throw new GeneralSecurityException("is malformed");
      }
    }
    return found;
  }

  private static InputStream open(Path file) throws IOException {
    if (Files.size(file) > BYTES_MAX) throw new IOException("is larger than 4 MiB");
    return Files.newInputStream(file);
  }
}
