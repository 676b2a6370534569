package ai.vespid.bench.fault;

import java.util.List;

/** Whether all gateways know the same agents. */
final class RouteTables {
  private static final long EQUAL_MS_MAX = 15_000;
  private static final long LOOK_MS = 200;

  private RouteTables() {}

  /** They do so within fifteen seconds, or that is a violation. */
  static void compare(Trial trial) throws InterruptedException {
    long begun = trial.history().nowMs();
    while (!equal(trial) && trial.history().nowMs() - begun <= EQUAL_MS_MAX) {
      trial.pause(LOOK_MS);
    }
    trial.mark("routesEqualMs", trial.history().nowMs() - begun, EQUAL_MS_MAX);
  }

  private static boolean equal(Trial trial) {
    var client = trial.site().client();
    var organization = trial.target().organizationId();
    List<?> tables =
        trial.site().gateways().stream()
            .map(gateway -> client.routes(gateway, organization))
            .distinct()
            .toList();
    return tables.size() == 1;
  }
}
