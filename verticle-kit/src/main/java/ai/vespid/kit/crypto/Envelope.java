package ai.vespid.kit.crypto;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals secrets that must be stored: a random data key per value, AES-256-GCM on both layers
 * (contract 9). Values are sealed under one key-encryption key and opened under any that is known,
 * so that a new one can take over without a moment in which something cannot be read.
 */
public final class Envelope {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int KEY_BYTES = 32;
  private static final int IV_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final int WRAPPED_BYTES = IV_BYTES + KEY_BYTES + TAG_BITS / 8;
  private static final int ID_BYTES_MAX = 127;

  private final String kekId;
  private final Map<String, SecretKeySpec> keks = new HashMap<>();

  /** A sealed value in its parts: the data key is under the key that {@code kekId} names. */
  public record Sealed(String kekId, byte[] wrappedDek, byte[] ciphertext) {
    @Override
    public String toString() {
      return "Sealed[kekId=" + kekId + "]";
    }
  }

  /**
   * @param kekId SECRETS_KEK_ID, at most 127 bytes
   * @param kekBase64 SECRETS_KEK_BASE64, 32 bytes
   * @throws IllegalArgumentException naming the setting, never its value
   */
  public Envelope(String kekId, String kekBase64) {
    this(kekId, kekBase64, Map.of());
  }

  /**
   * @param older keys by id that values may still be under, SECRETS_KEK_OLD; only opened with
   */
  public Envelope(String kekId, String kekBase64, Map<String, String> older) {
    this.kekId = kekId;
    keks.put(id("SECRETS_KEK_ID", kekId), key("SECRETS_KEK_BASE64", kekBase64));
    older.forEach((id, key) -> {
      var parsed = key("SECRETS_KEK_OLD", key);
      if (keks.put(id("SECRETS_KEK_OLD", id), parsed) != null) {
        throw new IllegalArgumentException("SECRETS_KEK_OLD names a key twice: " + id);
      }
    });
  }

  private static String id(String setting, String id) {
    if (id.isEmpty() || id.getBytes(StandardCharsets.UTF_8).length > ID_BYTES_MAX) {
      throw new IllegalArgumentException(setting + " must have 1 to " + ID_BYTES_MAX + " bytes");
    }
    return id;
  }

  private static SecretKeySpec key(String setting, String base64) {
    byte[] key;
    try {
      key = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(setting + " is not base64");
    }
    if (key.length != KEY_BYTES) {
      throw new IllegalArgumentException(setting + " must decode to 32 bytes");
    }
    return new SecretKeySpec(key, "AES");
  }

  /** The key that values are sealed under. */
  public String kekId() {
    return kekId;
  }

  /** Seals into parts that can be stored apart, so that the data key can be wrapped anew. */
  public Sealed sealApart(String secret) {
    var dek = new byte[KEY_BYTES];
    RANDOM.nextBytes(dek);
    var value = encrypt(new SecretKeySpec(dek, "AES"), secret.getBytes(StandardCharsets.UTF_8));
    return new Sealed(kekId, encrypt(kek(kekId), dek), value);
  }

  /**
   * @throws IllegalStateException when the key is none of ours or the bytes were changed; a secret
   *     that cannot be opened is never an empty one (defect D16)
   */
  public String open(Sealed sealed) {
    var dek = new SecretKeySpec(decrypt(kek(sealed.kekId()), sealed.wrappedDek()), "AES");
    return new String(decrypt(dek, sealed.ciphertext()), StandardCharsets.UTF_8);
  }

  /**
   * The same data key under the key that values are sealed under now.
   *
   * @throws IllegalStateException as {@link #open(Sealed)} does
   */
  public byte[] rewrap(String underKekId, byte[] wrappedDek) {
    return encrypt(kek(kekId), decrypt(kek(underKekId), wrappedDek));
  }

  /** Seals into one byte string: key id, wrapped data key, value. */
  public byte[] seal(String secret) {
    var sealed = sealApart(secret);
    var id = sealed.kekId().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(1 + id.length + WRAPPED_BYTES + sealed.ciphertext().length)
        .put((byte) id.length)
        .put(id)
        .put(sealed.wrappedDek())
        .put(sealed.ciphertext())
        .array();
  }

  /**
   * @throws IllegalStateException as {@link #open(Sealed)} does
   */
  public String open(byte[] sealed) {
    return open(apart(sealed));
  }

  private static Sealed apart(byte[] sealed) {
    try {
      var in = ByteBuffer.wrap(sealed);
      var id = new byte[in.get()];
      in.get(id);
      var wrapped = new byte[WRAPPED_BYTES];
      in.get(wrapped);
      var value = new byte[in.remaining()];
      in.get(value);
      return new Sealed(new String(id, StandardCharsets.UTF_8), wrapped, value);
    } catch (BufferUnderflowException | NegativeArraySizeException e) {
      throw new IllegalStateException("SECRETS_DECRYPT_FAILED");
    }
  }

  private SecretKeySpec kek(String id) {
    var kek = keks.get(id);
    if (kek == null) throw new IllegalStateException("SECRETS_KEK_NOT_FOUND");
    return kek;
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
