package ai.vespid.sql;

import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.Pool;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Who an executor is and what it may do, as the control plane has it. {@code organizationId} is
 * null in the managed pool; {@code connectors} null means any. Tags are the control plane's only:
 * what an agent says of itself never decides (defect D2).
 *
 * @param enabled false while an operator has switched a managed executor off
 * @param drain true when it shall get no new work
 */
public record ExecutorIdentity(
    String executorId,
    Pool pool,
    String organizationId,
    String name,
    Set<String> tags,
    int maxInFlight,
    Set<Kind> kinds,
    Set<String> connectors,
    boolean revoked,
    boolean enabled,
    boolean drain) {
  public ExecutorIdentity {
    tags = Set.copyOf(tags);
    kinds = Set.copyOf(kinds);
    connectors = connectors == null ? null : Set.copyOf(connectors);
  }

  static ExecutorIdentity of(Row row) {
    var organization = row.getUUID("organization_id");
    var maxInFlight = row.getInteger("max_in_flight");
    var capabilities =
        row.getValue("capabilities") instanceof JsonObject object ? object : new JsonObject();
    return new ExecutorIdentity(
        row.getUUID("id").toString(),
        organization == null ? Pool.MANAGED : Pool.BYON,
        organization == null ? null : organization.toString(),
        row.getString("name"),
        new LinkedHashSet<>(Arrays.asList(row.getArrayOfStrings("labels"))),
        maxInFlight == null ? maxInFlight(capabilities) : maxInFlight,
        kinds(capabilities),
        texts(capabilities, "connectors"),
        row.getBoolean("revoked"),
        row.getBoolean("enabled"),
        row.getBoolean("drain"));
  }

  // Capabilities were written by an agent: what has another type is as if it were absent.
  private static int maxInFlight(JsonObject capabilities) {
    return capabilities.getValue("maxInFlight") instanceof Integer value
        ? Math.clamp(value, 1, Limits.MAX_IN_FLIGHT_MAX)
        : Limits.MAX_IN_FLIGHT_DEFAULT;
  }

  private static Set<Kind> kinds(JsonObject capabilities) {
    var named = texts(capabilities, "kinds");
    var kinds = EnumSet.noneOf(Kind.class);
    if (named != null) {
      if (named.contains("connector.action")) kinds.add(Kind.CONNECTOR_ACTION);
      if (named.contains("agent.execute")) kinds.add(Kind.AGENT_EXECUTE);
      if (named.contains("agent.run")) kinds.add(Kind.AGENT_RUN);
    }
    return kinds.isEmpty() ? EnumSet.allOf(Kind.class) : kinds;
  }

  private static Set<String> texts(JsonObject capabilities, String field) {
    if (!(capabilities.getValue(field) instanceof JsonArray array)) return null;
    var texts = new LinkedHashSet<String>();
    for (var value : array) if (value instanceof String text) texts.add(text);
    return texts;
  }
}
