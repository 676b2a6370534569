package ai.vespid.protocol.trust;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The Ed25519 keys that commands are signed with and checked by. Each has an id that follows from
 * it, so that both ends can have several, and one is replaced by another without a pause: first the
 * agents learn the new one, then the gateways sign with it.
 */
public final class CommandKeys {
  private static final String ALGORITHM = "Ed25519";
  private static final int ID_CHARS = 16;

  private CommandKeys() {}

  /** A key that signs. */
  public record Signing(String id, PrivateKey key) {
    @Override
    public String toString() {
      return "Signing[" + id + "]";
    }
  }

  /** The id of a public key: the beginning of the SHA-256 of its SubjectPublicKeyInfo, in hex. */
  public static String idOf(PublicKey key) {
    try {
      var hash = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
      return HexFormat.of().formatHex(hash).substring(0, ID_CHARS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The keys that a PEM file of a gateway holds, the one to be used first at its beginning. */
  public static List<Signing> signing(Path file) throws IOException, GeneralSecurityException {
    var keys = new ArrayList<Signing>();
    for (var key : Pem.privateKeys(file, ALGORITHM)) {
      keys.add(new Signing(idOf(publicOf((EdECPrivateKey) key)), key));
    }
    return List.copyOf(keys);
  }

  /** The keys that a PEM file of an agent holds, by their id. */
  public static Map<String, PublicKey> checking(Path file)
      throws IOException, GeneralSecurityException {
    var keys = new LinkedHashMap<String, PublicKey>();
    for (var key : Pem.publicKeys(file, ALGORITHM)) keys.put(idOf(key), key);
    return keys;
  }

  // Java makes a key of 32 random bytes and has no other way from a private key to its public one.
  private static PublicKey publicOf(EdECPrivateKey key) throws GeneralSecurityException {
    var seed = key.getBytes().orElseThrow(() -> new GeneralSecurityException("has no key in it"));
    var generator = KeyPairGenerator.getInstance(ALGORITHM);
    generator.initialize(NamedParameterSpec.ED25519, new Fixed(seed));
    return generator.generateKeyPair().getPublic();
  }

  private static final class Fixed extends SecureRandom {
    private static final long serialVersionUID = 1L;

    private final byte[] bytes;

    Fixed(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public void nextBytes(byte[] target) {
      System.arraycopy(bytes, 0, target, 0, target.length);
    }
  }
}
