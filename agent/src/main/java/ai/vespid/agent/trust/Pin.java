package ai.vespid.agent.trust;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A key that the gateway may have, by the SHA-256 of its SubjectPublicKeyInfo (W-2). A certificate
 * that is renewed for the same key keeps it.
 */
public record Pin(String hash) {
  private static final int BYTES = 32;

  /**
   * What {@code curl}, browsers and {@code openssl} print: base64 after {@code sha256/}, or hex.
   */
  public static Optional<Pin> parse(String text) {
    var hash = text.replaceFirst("^(?i)sha256[/:]", "");
    // curl writes two slashes; but one in 64 hashes begins with a slash of its own.
    return decoded(hash).or(() -> decoded(hash.replaceFirst("^/", "")));
  }

  private static Optional<Pin> decoded(String hash) {
    try {
      var bytes =
          hash.matches("[0-9A-Fa-f]{64}")
              ? HexFormat.of().parseHex(hash)
              : Base64.getDecoder().decode(hash);
      return bytes.length == BYTES ? Optional.of(new Pin(text(bytes))) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The pin of this key. */
  public static Pin of(PublicKey key) {
    try {
      return new Pin(text(MessageDigest.getInstance("SHA-256").digest(key.getEncoded())));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String text(byte[] hash) {
    return Base64.getEncoder().encodeToString(Arrays.copyOf(hash, BYTES));
  }

  @Override
  public String toString() {
    return "sha256/" + hash;
  }
}
