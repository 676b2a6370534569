package ai.vespid.protocol.trust;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.Signature;
import java.util.Base64;
import java.util.HexFormat;

/** Seals frames for one process of one agent. Not for several threads at once. */
public final class CommandSigner {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final CommandKeys.Signing key;
  private final String target;
  private final String boot;
  private final String nonces;
  private long count;

  /**
   * @param boot the process of the agent as its hello named it, or null
   */
  public CommandSigner(CommandKeys.Signing key, String target, String boot) {
    this.key = key;
    this.target = target;
    this.boot = boot == null ? "" : boot;
    // A beginning that no other connection has, and a number: cheaper than a random one each.
    var bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    this.nonces = HexFormat.of().formatHex(bytes) + '.';
  }

  public byte[] seal(byte[] frame, long nowMs) {
    var open =
        new SignedFrame(
            key.id(),
            target,
            boot,
            nonces + ++count,
            nowMs,
            nowMs + SignedFrame.TTL_MS,
            "-",
            RawJson.of(frame));
    return Json.write(
        new SignedFrame(
            open.keyId(),
            target,
            boot,
            open.nonce(),
            open.issuedAtMs(),
            open.expiresAtMs(),
            sign(open.signedBytes()),
            open.frame()));
  }

  private String sign(byte[] bytes) {
    try {
      var signature = Signature.getInstance("Ed25519");
      signature.initSign(key.key());
      signature.update(bytes);
      return Base64.getEncoder().encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has Ed25519", e);
    }
  }
}
