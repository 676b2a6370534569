package ai.vespid.protocol.trust;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.executor.Frames;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Opens sealed frames, each once. What it has seen it remembers for as long as it would be good;
 * when there is more than it can remember it believes nothing any more that is as old as what it
 * forgot. Pure; not for several threads at once.
 */
public final class CommandVerifier {
  /** How many frames are remembered. */
  public static final int REMEMBERED_MAX = 65_536;

  private final String target;
  private final String boot;
  private final int rememberedMax;
  private final Map<String, Long> seen = new LinkedHashMap<>();
  private long forgottenMs = Long.MIN_VALUE;

  /** What came of a frame. */
  public sealed interface Verdict {
    /** It is from the gateway, for this process, and new. */
    record Good(byte[] frame) implements Verdict {}

    /** Nothing may be done because of it. */
    record Denied(ErrorCode code, String message) implements Verdict {}
  }

  public CommandVerifier(String target, String boot) {
    this(target, boot, REMEMBERED_MAX);
  }

  CommandVerifier(String target, String boot, int rememberedMax) {
    this.target = target;
    this.boot = boot;
    this.rememberedMax = rememberedMax;
  }

  /**
   * Opens one.
   *
   * @param keys the keys that may have signed it, by their id
   */
  public Verdict open(byte[] bytes, Map<String, PublicKey> keys, long nowMs) {
    SignedFrame sealed;
    try {
      if (!Frames.typeOf(bytes).equals(SignedFrame.TYPE)) {
        return new Verdict.Denied(ErrorCode.INVALID_SIGNATURE, "it is not signed");
      }
      sealed = Json.read(bytes, SignedFrame.class);
    } catch (InvalidMessage e) {
      return new Verdict.Denied(ErrorCode.INVALID_SIGNATURE, "it is malformed");
    }
    var key = keys.get(sealed.keyId());
    if (key == null) {
      return new Verdict.Denied(ErrorCode.INVALID_SIGNATURE, "its key is not known");
    }
    if (!signedBy(key, sealed)) {
      return new Verdict.Denied(ErrorCode.INVALID_SIGNATURE, "the signature is not its key's");
    }
    return judge(sealed, nowMs);
  }

  private static boolean signedBy(PublicKey key, SignedFrame sealed) {
    try {
      var signature = Signature.getInstance("Ed25519");
      signature.initVerify(key);
      signature.update(sealed.signedBytes());
      return signature.verify(Base64.getDecoder().decode(sealed.signature()));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return false;
    }
  }

  // Of what was signed: who could not sign learns nothing here.
  private Verdict judge(SignedFrame sealed, long nowMs) {
    if (!sealed.target().equals(target) || !sealed.boot().equals(boot)) {
      return new Verdict.Denied(ErrorCode.TARGET_MISMATCH, "it is for another agent or process");
    }
    long issued = sealed.issuedAtMs();
    boolean tooLong = sealed.expiresAtMs() - issued > SignedFrame.TTL_MS;
    if (tooLong || nowMs > sealed.expiresAtMs() || issued > nowMs + SignedFrame.TTL_MS) {
      return new Verdict.Denied(
          ErrorCode.EXPIRED_TOKEN,
          "it was signed %d ms ago by this machine's clock".formatted(nowMs - issued));
    }
    forget(nowMs);
    if (issued <= forgottenMs || seen.putIfAbsent(sealed.nonce(), issued) != null) {
      return new Verdict.Denied(ErrorCode.REPLAY_DETECTED, "it was seen before");
    }
    return new Verdict.Good(sealed.frame().bytes());
  }

  private void forget(long nowMs) {
    var oldest = seen.values().iterator();
    while (oldest.hasNext()) {
      long issued = oldest.next();
      boolean over = nowMs - issued > SignedFrame.TTL_MS;
      if (!over && seen.size() < rememberedMax) return;
      if (!over) forgottenMs = Math.max(forgottenMs, issued);
      oldest.remove();
    }
  }
}
