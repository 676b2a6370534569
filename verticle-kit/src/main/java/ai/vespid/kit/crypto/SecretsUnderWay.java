package ai.vespid.kit.crypto;

import java.util.Base64;
import java.util.Optional;

/**
 * Secrets of dispatches between the door they come in by and the socket they go out of. Between
 * them, on the bus of a cluster and in the database, they are sealed, so that a copy of what
 * travels there tells none. Without a KEK they travel as they are, and no store takes them.
 */
public final class SecretsUnderWay {
  private static final String SEALED = "sealed:";

  private final Optional<Envelope> envelope;

  public SecretsUnderWay(Optional<Envelope> envelope) {
    this.envelope = envelope;
  }

  /** What travels instead of the secret; null stays null. */
  public String seal(String secret) {
    if (secret == null || envelope.isEmpty()) return secret;
    return ofStored(envelope.get().seal(secret));
  }

  /**
   * The secret itself, for the moment in which it is handed over.
   *
   * @throws IllegalStateException as {@link Envelope#open(byte[])} does
   */
  public String open(String underWay) {
    if (!isSealed(underWay)) return underWay;
    return envelope.orElseThrow().open(bytes(underWay));
  }

  /** What a store keeps; it must be able to keep secrets. */
  public byte[] toStored(String underWay) {
    return isSealed(underWay) ? bytes(underWay) : envelope.orElseThrow().seal(underWay);
  }

  /** The other way. */
  public String ofStored(byte[] sealed) {
    return SEALED + Base64.getEncoder().encodeToString(sealed);
  }

  // Where there is a KEK nothing travels unsealed, whatever a secret looks like.
  private boolean isSealed(String underWay) {
    return underWay != null && envelope.isPresent() && underWay.startsWith(SEALED);
  }

  private static byte[] bytes(String underWay) {
    try {
      return Base64.getDecoder().decode(underWay.substring(SEALED.length()));
    } catch (IllegalArgumentException e) {
      // The message of the cause would repeat some of it.
      throw new IllegalStateException("SECRETS_DECRYPT_FAILED");
    }
  }
}
