package ai.vespid.sql;

import io.vertx.core.json.JsonObject;
import java.util.Map;

/**
 * How many runs an organization may have (contract 4.6): by its tier, {@code execution.quotas.tier}
 * of its settings, and over that by {@code execution.quotas.runsPerMonth} and {@code runsInFlight}.
 *
 * @param perMonth starts in one calendar month in UTC; {@link #UNLIMITED} is no bound
 * @param inFlight runs queued or running at once
 */
public record RunQuota(int perMonth, int inFlight) {
  public static final int UNLIMITED = Integer.MAX_VALUE;

  public static final RunQuota FREE = new RunQuota(200, 3);
  public static final RunQuota PRO = new RunQuota(5_000, 30);
  public static final RunQuota ENTERPRISE = new RunQuota(UNLIMITED, UNLIMITED);

  private static final Map<String, RunQuota> TIERS =
      Map.of("free", FREE, "pro", PRO, "enterprise", ENTERPRISE);

  /** The quota of a tier by its name, or null when there is none of that name. */
  public static RunQuota ofTier(String name) {
    return TIERS.get(name);
  }

  /** What these settings say; {@code otherwise} where they say nothing that makes sense. */
  public static RunQuota of(JsonObject settings, RunQuota otherwise) {
    var quotas = object(object(settings, "execution"), "quotas");
    var tier = quotas.getValue("tier") instanceof String name ? TIERS.get(name) : null;
    var base = tier == null ? otherwise : tier;
    return new RunQuota(
        number(quotas, "runsPerMonth", base.perMonth),
        number(quotas, "runsInFlight", base.inFlight));
  }

  private static JsonObject object(JsonObject in, String field) {
    return in.getValue(field) instanceof JsonObject inner ? inner : new JsonObject();
  }

  private static int number(JsonObject in, String field, int otherwise) {
    return in.getValue(field) instanceof Integer value && value >= 0 ? value : otherwise;
  }
}
