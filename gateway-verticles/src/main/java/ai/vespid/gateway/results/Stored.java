package ai.vespid.gateway.results;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.Json;
import java.nio.charset.StandardCharsets;

/**
 * One result as it is kept: in Redis {@code {"organizationId":…,"result":…}} under a key that a
 * claim ({@code c:<owner>}) may hold before it.
 */
record Stored(String organizationId, DispatchResult result) {
  private static final int OVERHEAD_BYTES = 400;

  static String key(String requestId) {
    return "vespid:result:" + requestId;
  }

  static String claim(String owner) {
    return "c:" + owner;
  }

  /** Who holds the claim, or null when the value is a result. */
  static String ownerOf(byte[] value) {
    if (value.length < 2 || value[0] != 'c' || value[1] != ':') return null;
    return new String(value, 2, value.length - 2, StandardCharsets.UTF_8);
  }

  static Stored of(byte[] value) {
    return Json.read(value, Stored.class);
  }

  byte[] bytes() {
    return Json.write(this);
  }

  int weight() {
    return OVERHEAD_BYTES + (result.output() == null ? 0 : result.output().size());
  }
}
