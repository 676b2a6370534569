package ai.vespid.protocol.trust;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.nio.charset.StandardCharsets;

/**
 * A frame of the gateway's, sealed for one process of one agent (W-26): signed, valid for a while,
 * and to be believed once. The bytes of {@code frame} are part of what is signed, as they stand.
 *
 * @param keyId which key signed it, {@link CommandKeys#idOf}
 * @param target the executor it is for
 * @param boot the process of that executor, as its hello named it; empty when it named none
 * @param nonce never used twice by a key
 * @param signature Ed25519, base64
 */
@JsonPropertyOrder({"type"})
public record SignedFrame(
    String keyId,
    String target,
    String boot,
    String nonce,
    Long issuedAtMs,
    Long expiresAtMs,
    String signature,
    RawJson frame) {
  public static final String TYPE = "signed_frame";

  /**
   * What an agent that obeys signed frames alone names among its features, and each of its keys.
   */
  public static final String FEATURE = "signed";

  /** How long a frame is good, and how much the clocks of the two ends may differ. */
  public static final long TTL_MS = 60_000;

  public SignedFrame {
    for (var text : new String[] {keyId, target, boot, nonce}) {
      // None of them can be taken for two.
      if (text == null || !text.matches("[A-Za-z0-9_.:-]{0,100}")) {
        throw new InvalidMessage("signed_frame", "has a malformed field");
      }
    }
    Check.required("issuedAtMs", issuedAtMs);
    Check.required("expiresAtMs", expiresAtMs);
    Check.text("signature", signature, 1, 200);
    Check.required("frame", frame);
  }

  @JsonProperty("type")
  public String type() {
    return TYPE;
  }

  /** The bytes that are signed. */
  byte[] signedBytes() {
    var head =
        String.join(
                "\n",
                "vespid-signed-frame-1",
                keyId,
                target,
                boot,
                nonce,
                issuedAtMs.toString(),
                expiresAtMs.toString(),
                "")
            .getBytes(StandardCharsets.UTF_8);
    var all = new byte[head.length + frame.size()];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(frame.bytes(), 0, all, head.length, frame.size());
    return all;
  }

  @Override
  public String toString() {
    return "SignedFrame[keyId=" + keyId + ", target=" + target + ", nonce=" + nonce + "]";
  }
}
