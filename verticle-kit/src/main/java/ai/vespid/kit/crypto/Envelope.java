package ai.vespid.kit.crypto;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals secrets that must be stored: a random data key per value, AES-256-GCM on both layers
 * (contract 9). A sealed value is one byte string: key id, wrapped data key, value.
 */
public final class Envelope {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int KEY_BYTES = 32;
  private static final int IV_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final byte[] kekId;
  private final SecretKeySpec kek;

  /**
   * @param kekId SECRETS_KEK_ID, at most 127 characters
   * @param kekBase64 SECRETS_KEK_BASE64, 32 bytes
   * @throws IllegalArgumentException naming the setting, never its value
   */
  public Envelope(String kekId, String kekBase64) {
    byte[] key;
    try {
      key = Base64.getDecoder().decode(kekBase64);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("SECRETS_KEK_BASE64 is not base64");
    }
    if (key.length != KEY_BYTES) {
      throw new IllegalArgumentException("SECRETS_KEK_BASE64 must decode to 32 bytes");
    }
    this.kekId = kekId.getBytes(StandardCharsets.UTF_8);
    if (this.kekId.length > 127) throw new IllegalArgumentException("SECRETS_KEK_ID is too long");
    this.kek = new SecretKeySpec(key, "AES");
  }

  public byte[] seal(String secret) {
    var dek = new byte[KEY_BYTES];
    RANDOM.nextBytes(dek);
    var wrapped = encrypt(kek, dek);
    var value = encrypt(new SecretKeySpec(dek, "AES"), secret.getBytes(StandardCharsets.UTF_8));
    return ByteBuffer.allocate(1 + kekId.length + wrapped.length + value.length)
        .put((byte) kekId.length)
        .put(kekId)
        .put(wrapped)
        .put(value)
        .array();
  }

  /**
   * @throws IllegalStateException when the key is another one or the bytes were changed; a secret
   *     that cannot be opened is never an empty one (defect D16)
   */
  public String open(byte[] sealed) {
    var in = ByteBuffer.wrap(sealed);
    var id = new byte[in.get()];
    in.get(id);
    if (!Arrays.equals(id, kekId)) throw new IllegalStateException("SECRETS_KEK_NOT_FOUND");
    var wrapped = new byte[IV_BYTES + KEY_BYTES + TAG_BITS / 8];
    in.get(wrapped);
    var value = new byte[in.remaining()];
    in.get(value);
    var dek = new SecretKeySpec(decrypt(kek, wrapped), "AES");
    return new String(decrypt(dek, value), StandardCharsets.UTF_8);
  }

  private static byte[] encrypt(SecretKeySpec key, byte[] clear) {
    var iv = new byte[IV_BYTES];
    RANDOM.nextBytes(iv);
    try {
      var cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, iv));
      var sealed = cipher.doFinal(clear);
      return ByteBuffer.allocate(IV_BYTES + sealed.length).put(iv).put(sealed).array();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM is not available", e);
    }
  }

  private static byte[] decrypt(SecretKeySpec key, byte[] sealed) {
    try {
      var cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, sealed, 0, IV_BYTES));
      return cipher.doFinal(sealed, IV_BYTES, sealed.length - IV_BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SECRETS_DECRYPT_FAILED");
    }
  }
}
