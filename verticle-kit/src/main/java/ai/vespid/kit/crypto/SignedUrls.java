package ai.vespid.kit.crypto;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * URLs that carry their own permission: one method on one path until one moment, signed with
 * HMAC-SHA256. Whoever holds the URL may use it, so it is treated as a secret.
 *
 * <p>Not safe for use by several threads at once; each verticle makes its own.
 */
public final class SignedUrls {
  private final Mac mac;

  /**
   * @param secret shared by all gateways
   */
  public SignedUrls(String secret) {
    try {
      mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }

  /** {@code path} with the query that permits {@code method} until then. */
  public String sign(String method, String path, long expiresAtSec) {
    return path
        + "?expires="
        + expiresAtSec
        + "&signature="
        + signature(method, path, expiresAtSec);
  }

  /** True when the query permits this request now. */
  public boolean permits(
      String method, String path, String expires, String signature, long nowSec) {
    if (expires == null || signature == null) return false;
    long expiresAtSec;
    try {
      expiresAtSec = Long.parseLong(expires);
    } catch (NumberFormatException e) {
      return false;
    }
    var expected = signature(method, path, expiresAtSec).getBytes(StandardCharsets.UTF_8);
    return MessageDigest.isEqual(expected, signature.getBytes(StandardCharsets.UTF_8))
        && nowSec <= expiresAtSec;
  }

  private String signature(String method, String path, long expiresAtSec) {
    var text = method + '\n' + path + '\n' + expiresAtSec;
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
  }
}
