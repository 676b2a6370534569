package ai.vespid.gateway.dispatch;

import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry;
import java.time.Duration;

/**
 * Routes that an edge denied or doubted, or whose edge could not be reached for a moment: nothing
 * is given to them. Those that the registry still has a little later are taken back, or their
 * executor would idle until it connects again.
 */
final class DeniedRoutes {
  /** How long an edge that could not be reached, or did not know the route, is let be. */
  static final long UNREACHED_MS = 2_000;

  private static final Duration ASK_MAX = Duration.ofSeconds(2);

  private final Surroundings here;
  private final DispatchTable table;
  private final Runnable changed;

  /**
   * @param changed run after the table was
   */
  DeniedRoutes(Surroundings here, DispatchTable table, Runnable changed) {
    this.here = here;
    this.table = table;
    this.changed = changed;
  }

  void add(Route route, long lookAgainMs) {
    here.later(lookAgainMs, () -> lookAgain(route));
  }

  private void lookAgain(Route route) {

    here.ask(
            SessionRegistry.at(here.node()),
            new SessionRegistry.Routes(route.organizationId()),
            ASK_MAX)
        .onSuccess(found ->
            found.routes().stream()
                .filter(known -> known.connectionId().equals(route.connectionId()))
                .forEach(known -> {
                  table.routeUp(known, here.nowMs());
                  changed.run();
                }))
        .onFailure(_ -> add(route, UNREACHED_MS));
  }
}
