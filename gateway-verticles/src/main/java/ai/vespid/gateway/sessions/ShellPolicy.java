package ai.vespid.gateway.sessions;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Whether sessions of an organization may run shells: its setting {@code tools.shellRunEnabled},
 * off unless somebody switched it on. A change is seen within {@link #KNOWN_MS}.
 */
final class ShellPolicy {
  static final long KNOWN_MS = 2_000;
  private static final int KNOWN_MAX = 10_000;

  private record Known(boolean allowed, long untilMs) {}

  private final Function<String, Future<JsonObject>> settings;
  private final LongSupplier nowMs;
  private final Map<String, Known> known =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
          return size() > KNOWN_MAX;
        }
      };

  /**
   * @param settings reads those of an organization
   */
  ShellPolicy(Function<String, Future<JsonObject>> settings, LongSupplier nowMs) {
    this.settings = settings;
    this.nowMs = nowMs;
  }

  /** Fails when the settings cannot be read. */
  Future<Boolean> allows(String organizationId) {
    var before = known.get(organizationId);
    if (before != null && nowMs.getAsLong() < before.untilMs()) {
      return Future.succeededFuture(before.allowed());
    }
    return settings
        .apply(organizationId)
        .map(read -> {
          boolean allowed =
              read.getValue("tools") instanceof JsonObject tools
                  && Boolean.TRUE.equals(tools.getValue("shellRunEnabled"));
          known.put(organizationId, new Known(allowed, nowMs.getAsLong() + KNOWN_MS));
          return allowed;
        });
  }
}
