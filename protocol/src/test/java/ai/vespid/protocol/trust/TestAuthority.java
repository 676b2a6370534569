package ai.vespid.protocol.trust;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** An authority of a test: certificates and revocation lists as its operator would make them. */
public final class TestAuthority {
  // Of ECDSA with SHA-256, and of the fields that are used.
  private static final byte[] ALGORITHM = Der.sequence(Der.oid(1, 2, 840, 10045, 4, 3, 2));
  private static final byte[] COMMON_NAME = Der.oid(2, 5, 4, 3);
  private static final byte[] BASIC_CONSTRAINTS = Der.oid(2, 5, 29, 19);
  private static final byte[] ALTERNATIVE_NAMES = Der.oid(2, 5, 29, 17);
  private static final byte[] TRUE = Der.of(0x01, new byte[] {-1});
  private static final Duration DAY = Duration.ofDays(1);

  private final Path folder;
  private final String name;
  private final KeyPair keys;
  private final Path certificate;
  private final Map<Path, KeyPair> issuedKeys = new HashMap<>();
  private int count = 1;

  /**
   * A certificate and its key.
   *
   * @param certificate PEM
   * @param key PKCS#8 in PEM, readable by its owner alone
   */
  public record Issued(Path certificate, Path key, X509Certificate parsed) {}

  public TestAuthority(Path folder, String name) throws Exception {
    this.folder = folder;
    this.name = name;
    this.keys = newKeys();
    var now = Instant.now();
    var ca = Der.sequence(BASIC_CONSTRAINTS, TRUE, Der.octets(Der.sequence(TRUE)));
    var own = certificate(name, keys, now.minus(DAY), now.plus(DAY), ca);
    this.certificate = write(folder.resolve(name + "-ca.pem"), "CERTIFICATE", own);
  }

  private static KeyPair newKeys() throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    return generator.generateKeyPair();
  }

  /** The authority's own certificate, PEM. */
  public Path certificate() {
    return certificate;
  }

  /**
   * A certificate for this common name.
   *
   * @param names alternative names: {@code ip:…}, {@code dns:…} or {@code uri:…}
   */
  public Issued issue(String name, String... names) throws Exception {
    var now = Instant.now();
    return issue(newKeys(), name, names, now.minus(DAY), now.plus(DAY));
  }

  /** One whose time is over. */
  public Issued issueExpired(String name, String... names) throws Exception {
    var now = Instant.now();
    return issue(newKeys(), name, names, now.minus(DAY.multipliedBy(3)), now.minus(DAY));
  }

  /** Another certificate for the key of this one. */
  public Issued renew(Issued before, String name, String... names) throws Exception {
    var now = Instant.now();
    return issue(issuedKeys.get(before.key()), name, names, now.minus(DAY), now.plus(DAY));
  }

  private Issued issue(KeyPair pair, String common, String[] names, Instant from, Instant until)
      throws Exception {
    var base = name + "-" + ++count;
    var encoded = certificate(common, pair, from, until, alternatives(names));
    var key = write(folder.resolve(base + ".key"), "PRIVATE KEY", pair.getPrivate().getEncoded());
    issuedKeys.put(key, pair);
    var parsed =
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(encoded));
    return new Issued(
        write(folder.resolve(base + ".pem"), "CERTIFICATE", encoded),
        key,
        (X509Certificate) parsed);
  }

  private byte[] certificate(
      String common, KeyPair pair, Instant from, Instant until, byte[] extension) throws Exception {
    return signed(
        Der.sequence(
            Der.of(0xa0, Der.integer(BigInteger.TWO)),
            Der.integer(BigInteger.valueOf(1_000 + count)),
            ALGORITHM,
            nameOf(name),
            Der.sequence(Der.time(from), Der.time(until)),
            nameOf(common),
            pair.getPublic().getEncoded(),
            extension.length == 0 ? extension : Der.of(0xa3, Der.sequence(extension))));
  }

  private static byte[] nameOf(String common) {
    return Der.sequence(Der.of(0x31, Der.sequence(COMMON_NAME, Der.text(0x0c, common))));
  }

  private static byte[] alternatives(String... names) throws IOException {
    if (names.length == 0) return new byte[0];
    var all = new ByteArrayOutputStream();
    for (var one : names) {
      var value = one.substring(one.indexOf(':') + 1);
      all.writeBytes(
          switch (one.substring(0, one.indexOf(':'))) {
            case "ip" -> Der.of(0x87, InetAddress.getByName(value).getAddress());
            case "dns" -> Der.text(0x82, value);
            default -> Der.text(0x86, value);
          });
    }
    return Der.sequence(ALTERNATIVE_NAMES, Der.octets(Der.sequence(all.toByteArray())));
  }

  /** A list of what it took back, PEM. */
  public Path revocations(String file, Issued... revoked) throws Exception {
    var now = Instant.now();
    var entries = new ByteArrayOutputStream();
    for (var one : revoked) {
      entries.writeBytes(
          Der.sequence(Der.integer(one.parsed().getSerialNumber()), Der.time(now.minus(DAY))));
    }
    var list =
        Der.sequence(
            Der.integer(BigInteger.ONE),
            ALGORITHM,
            nameOf(name),
            Der.time(now.minus(DAY)),
            Der.time(now.plus(DAY)),
            revoked.length == 0 ? new byte[0] : Der.sequence(entries.toByteArray()));
    return write(folder.resolve(file), "X509 CRL", signed(list));
  }

  private byte[] signed(byte[] content) throws GeneralSecurityException {
    var signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(keys.getPrivate());
    signature.update(content);
    return Der.sequence(content, ALGORITHM, Der.bits(signature.sign()));
  }

  private static Path write(Path file, String label, byte[] content) throws IOException {
    var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    Files.createFile(file, owner);
    var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return Files.writeString(
        file, "-----BEGIN %s-----\n%s\n-----END %1$s-----\n".formatted(label, text));
  }
}
