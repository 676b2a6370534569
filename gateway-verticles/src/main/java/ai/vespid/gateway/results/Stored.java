package ai.vespid.gateway.results;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.Json;

/** One result as it is kept, in Redis as JSON. */
record Stored(String organizationId, DispatchResult result) {
  private static final int OVERHEAD_BYTES = 400;

  static String key(String requestId) {
    return "vespid:result:" + requestId;
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
