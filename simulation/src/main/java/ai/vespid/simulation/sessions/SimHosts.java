package ai.vespid.simulation.sessions;

import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry.Change;
import ai.vespid.protocol.bus.SessionRegistry.RouteDown;
import ai.vespid.protocol.bus.SessionRegistry.RouteUp;
import ai.vespid.simulation.runs.RunWorld;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Hosts of both pools, which come and go; every gateway is told a moment later. */
final class SimHosts {
  static final String ORGANIZATION = "6f1f1f1f-1111-4111-8111-111111111111";

  private final RunWorld world;
  private final Consumer<Change> told;
  private final Map<String, Pool> all = new HashMap<>();
  private final List<String> names = new ArrayList<>();
  private final Map<String, Integer> lives = new HashMap<>();
  private final Map<String, Route> connected = new HashMap<>();

  SimHosts(RunWorld world, Consumer<Change> told) {
    this.world = world;
    this.told = told;
    for (var pool : List.of(Pool.BYON, Pool.BYON, Pool.MANAGED)) {
      var id = world.id();
      names.add(id);
      all.put(id, pool);
      connect(id);
    }
  }

  private void connect(String id) {
    if (connected.containsKey(id)) return;
    int life = lives.merge(id, 1, Integer::sum);
    var pool = all.get(id);
    var route =
        new Route(
            id,
            id + "#" + life,
            "edge",
            0,
            pool,
            pool == Pool.MANAGED ? null : ORGANIZATION,
            id,
            Set.of(),
            List.of(),
            10,
            Set.of(Kind.AGENT_EXECUTE),
            null,
            null,
            id + "/" + life,
            world.millis(),
            world.millis(),
            false,
            false);
    connected.put(id, route);
    world.say(id, "connects as " + route.connectionId());
    told.accept(new RouteUp(route));
  }

  /** One of them is gone for a while, and begins again with nothing. */
  void trouble() {
    var id = names.get(world.random.nextInt(names.size()));
    var route = connected.remove(id);
    if (route == null) return;
    lives.merge(id, 1, Integer::sum);
    world.say(id, "dies");
    told.accept(new RouteDown(id, route.connectionId(), route.organizationId()));
    world.after(500 + world.random.nextInt(20_000), () -> connect(id));
  }

  void repair() {
    names.forEach(this::connect);
  }

  boolean connected(String id) {
    return connected.containsKey(id);
  }

  int life(String id) {
    return lives.getOrDefault(id, 0);
  }

  List<Route> routes() {
    return names.stream().filter(connected::containsKey).map(connected::get).toList();
  }
}
