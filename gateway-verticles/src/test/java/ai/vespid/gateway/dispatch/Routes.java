package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.Route;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Routes and dispatches for tests of the pure classes. */
final class Routes {
  static final String ORG = "11111111-1111-4111-8111-111111111111";
  static final String OTHER_ORG = "22222222-2222-4222-8222-222222222222";

  private Routes() {}

  static Route route(String executorId, int maxInFlight, String... tags) {
    return route(executorId, executorId + "-c1", "boot", Pool.BYON, maxInFlight, Set.of(tags));
  }

  static Route managed(String executorId, int maxInFlight) {
    return route(executorId, executorId + "-c1", "boot", Pool.MANAGED, maxInFlight, Set.of());
  }

  static Route route(
      String executorId,
      String connectionId,
      String bootId,
      Pool pool,
      int maxInFlight,
      Set<String> tags) {
    return new Route(
        executorId,
        connectionId,
        "gw-1",
        0,
        pool,
        pool == Pool.BYON ? ORG : null,
        executorId,
        tags,
        List.of(),
        maxInFlight,
        Set.of(Kind.values()),
        null,
        Map.of(),
        bootId,
        0,
        0,
        false,
        false);
  }

  static Dispatch dispatch(String node) {
    return dispatch(ORG, node, Selector.byon(), EffectClass.AT_MOST_ONCE, 0);
  }

  static Dispatch dispatch(
      String org, String node, Selector selector, EffectClass effect, int maxWaitMs) {
    return new Dispatch(
        "33333333-3333-4333-8333-333333333333:" + node + ":1",
        org,
        "44444444-4444-4444-8444-444444444444",
        Kind.AGENT_EXECUTE,
        RawJson.NULL,
        null,
        null,
        selector,
        60_000,
        maxWaitMs,
        effect,
        null,
        WorkspaceUse.NONE);
  }

  static Selector tagged(String tag) {
    return new Selector(Pool.BYON, List.of(), null, tag, null);
  }

  static Selector managedPool() {
    return new Selector(Pool.MANAGED, List.of(), null, null, null);
  }
}
