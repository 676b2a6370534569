package ai.vespid.gateway.control;

import ai.vespid.protocol.RawJson;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * An organization's settings. A change is merged into what is stored, so that what it does not name
 * (quotas among it) survives every save (defect E15).
 */
final class OrganizationSettings {
  private static final JsonObject DEFAULTS =
      new JsonObject(
          """
          {
            "tools": {"shellRunEnabled": false},
            "toolsets": {"defaultToolsetId": null},
            "llm": {"defaults": {"primary": null}, "providers": {}},
            "agents": {
              "engineAuthDefaults": {
                "gateway.codex.v2": {"mode": "oauth_executor", "secretId": null},
                "gateway.claude.v2": {"mode": "oauth_executor", "secretId": null},
                "gateway.opencode.v2": {"mode": "api_key", "secretId": null}
              },
              "engineRuntimeDefaults": {}
            }
          }
          """);

  private OrganizationSettings() {}

  /** Objects are merged, other values replaced, and null removes. */
  static JsonObject merge(JsonObject stored, JsonObject change) {
    var merged = stored.copy();
    for (var field : change.fieldNames()) {
      switch (change.getValue(field)) {
        case null -> merged.remove(field);
        case JsonObject inner ->
            merged.put(
                field,
                merge(
                    merged.getValue(field) instanceof JsonObject before ? before : new JsonObject(),
                    inner));
        case Object value -> merged.put(field, value);
      }
    }
    return merged;
  }

  /** The stored settings over the defaults, as the answer's body. */
  static Map<String, RawJson> answer(JsonObject stored) {
    var effective = merge(DEFAULTS, stored);
    return Map.of("settings", RawJson.of(effective.encode().getBytes(StandardCharsets.UTF_8)));
  }
}
