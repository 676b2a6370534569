package ai.vespid.simulation.sessions;

import ai.vespid.kit.node.Member;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.bus.SessionRegistry.Change;
import ai.vespid.protocol.bus.SessionTurns.Cancel;
import ai.vespid.protocol.bus.SessionTurns.Canceling;
import ai.vespid.protocol.bus.SessionTurns.Reset;
import ai.vespid.protocol.bus.SessionTurns.Said;
import ai.vespid.protocol.bus.SessionTurns.Say;
import ai.vespid.protocol.session.ResetMode;
import ai.vespid.simulation.runs.RunWorld;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All that takes part, and what goes wrong with it. */
final class SessionSite {
  private static final int SEEN_MS_MAX = 5_000;
  private static final long ROUTES_MS = 10;

  private final RunWorld world;
  private final SessionMutant mutant;
  private final SessionJudge judge;
  private final SessionTable table;
  private final SimHosts hosts;
  private final SimDispatcher dispatcher;
  private final SessionBus bus;
  private final List<SimGateway> gateways = new ArrayList<>();
  private final Map<String, SimGateway> byId = new HashMap<>();
  private final List<String> sessions = new ArrayList<>();
  private final List<SimViewer> viewers = new ArrayList<>();
  private final Map<String, Long> apartUntilMs = new HashMap<>();
  private long databaseAwayUntilMs;
  private boolean repaired;
  private int lives;
  private int messages;

  SessionSite(RunWorld world, SessionMutant mutant) {
    this.world = world;
    this.mutant = mutant;
    judge = new SessionJudge(world);
    table = new SessionTable(world, mutant, judge);
    hosts = new SimHosts(world, this::tell);
    dispatcher = new SimDispatcher(world, mutant, judge, hosts);
    bus = new SessionBus(this);
    judge.watch(table, dispatcher);
    int size = 1 + world.random.nextInt(3);
    for (int i = 0; i < size; i++) gateways.add(born());
    viewsChange(1);
    int count = 1 + world.random.nextInt(3);
    for (int i = 0; i < count; i++) {
      var id = world.id();
      table.create(id, SimHosts.ORGANIZATION);
      sessions.add(id);
      // Nobody opens a session that nobody looks at.
      if (world.chance(0.5)) continue;
      viewers.add(new SimViewer("viewer-" + i + "a", id, this));
      viewers.add(new SimViewer("viewer-" + i + "b", id, this));
    }
  }

  private SimGateway born() {
    var gateway = new SimGateway("gw-" + ++lives, this);
    byId.put(gateway.id(), gateway);
    return gateway;
  }

  RunWorld world() {
    return world;
  }

  SessionMutant mutant() {
    return mutant;
  }

  SessionJudge judge() {
    return judge;
  }

  SessionTable table() {
    return table;
  }

  SimHosts hosts() {
    return hosts;
  }

  SimDispatcher dispatcher() {
    return dispatcher;
  }

  SessionBus bus() {
    return bus;
  }

  List<SimViewer> viewers() {
    return viewers;
  }

  SimGateway gateway(String id) {
    return byId.get(id);
  }

  SimGateway anyGateway() {
    var there = gateways.stream().filter(SimGateway::serves).toList();
    return there.isEmpty() ? null : there.get(world.random.nextInt(there.size()));
  }

  boolean databaseAway() {
    return databaseAwayUntilMs > world.millis();
  }

  private void tell(Change change) {
    for (var gateway : gateways) {
      world.after(ROUTES_MS, () -> gateway.now(() -> gateway.sessions().routeChanged(change)));
    }
  }

  // Each at its own time: meanwhile two may take themselves for home.
  private void viewsChange(int withinMs) {
    for (var gateway : List.copyOf(gateways)) {
      world.after(world.random.nextInt(withinMs), () -> gateway.now(() -> look(gateway)));
    }
  }

  private void look(SimGateway gateway) {
    var seen =
        gateways.stream()
            .filter(other -> other == gateway || sees(gateway, other))
            .map(other ->
                new Member(
                    other.id(),
                    other.id(),
                    1,
                    0,
                    1,
                    0,
                    other.serves() ? Member.State.SERVING : Member.State.DRAINING))
            .toList();
    gateway.sees(View.of(seen));
  }

  private boolean sees(SimGateway one, SimGateway other) {
    return other.alive() && !other.stalled() && !apart(one, other);
  }

  boolean apart(SimGateway one, SimGateway other) {
    return apartUntilMs.getOrDefault(pair(one, other), 0L) > world.millis();
  }

  private static String pair(SimGateway one, SimGateway other) {
    return one.id().compareTo(other.id()) < 0
        ? one.id() + '|' + other.id()
        : other.id() + '|' + one.id();
  }

  /** One thing happens, mostly a bad one. */
  void trouble() {
    var gateway = gateways.get(world.random.nextInt(gateways.size()));
    switch (world.random.nextInt(16)) {
      case 0, 1 -> kill(gateway);
      case 2 -> leave(gateway);
      case 3, 4 -> stall(gateway);
      case 5 -> part();
      case 6 -> databaseAwayUntilMs = world.millis() + world.random.nextInt(6_000);
      case 7, 8 -> hosts.trouble();
      case 9, 10 -> {
        if (!viewers.isEmpty()) viewers.get(world.random.nextInt(viewers.size())).cut();
      }
      case 11 -> cancel(anySession());
      case 12 -> reset();
      default -> say();
    }
  }

  private void kill(SimGateway gateway) {
    if (!gateway.alive()) return;
    gateway.die();
    viewsChange(SEEN_MS_MAX);
    reborn(gateway);
  }

  private void leave(SimGateway gateway) {
    if (!gateway.serves()) return;
    gateway.now(gateway::leave);
    viewsChange(200);
    reborn(gateway);
  }

  private void reborn(SimGateway gateway) {
    world.after(
        2_500 + world.random.nextInt(5_000),
        () -> {
          // One that left may have been killed, too.
          if (!gateways.contains(gateway)) return;
          gateway.die();
          gateways.set(gateways.indexOf(gateway), born());
          viewsChange(SEEN_MS_MAX);
        });
  }

  private void stall(SimGateway gateway) {
    long ms = world.random.nextInt(25_000);
    gateway.stall(ms);
    if (ms < SEEN_MS_MAX) return;
    world.after(SEEN_MS_MAX, () -> viewsChange(1_500));
    world.after(ms + 1, () -> viewsChange(3_000));
  }

  private void part() {
    if (gateways.size() < 2) return;
    var one = gateways.getFirst();
    long ms = 1_000 + world.random.nextInt(20_000);
    for (var other : gateways.subList(1, gateways.size())) {
      apartUntilMs.put(pair(one, other), world.millis() + ms);
    }
    world.say("network", "parts " + one.id() + " for " + ms);
    viewsChange(SEEN_MS_MAX);
    world.after(ms + 1, () -> viewsChange(3_000));
  }

  private String anySession() {
    return sessions.get(world.random.nextInt(sessions.size()));
  }

  private void say() {
    int number = ++messages;
    var text =
        switch (world.random.nextInt(5)) {
          case 0 -> "wait " + world.random.nextInt(20_000);
          case 1 -> "run " + number + "\nrun twice";
          case 2 -> "run " + number;
          case 3 -> "fail";
          default -> "message " + number;
        };
    var session = anySession();
    insist(
        new Say(SimHosts.ORGANIZATION, session, null, text, List.of(), "m" + number), "m" + number);
    if (world.chance(0.2)) world.after(world.random.nextInt(5_000), () -> cancel(session));
    // Two at once.
    if (world.chance(0.3)) {
      int second = ++messages;
      insist(
          new Say(SimHosts.ORGANIZATION, session, null, "hello", List.of(), "m" + second),
          "m" + second);
    }
  }

  // Who gets no answer says it again, anywhere, under the same key.
  private void insist(Say say, String key) {
    var gateway = anyGateway();
    if (gateway == null) {
      world.after(500, () -> insist(say, key));
      return;
    }
    var answered = new boolean[1];
    gateway.now(() ->
        gateway
            .viewers()
            .ask(say)
            .onSuccess(reply -> {
              if (!(reply instanceof Said said)) return;
              answered[0] = true;
              judge.accepted(key, said.event());
            }));
    world.after(
        3_000 + world.random.nextInt(10_000),
        () -> {
          if (!answered[0] || world.chance(0.05)) insist(say, key);
        });
  }

  private void cancel(String session) {
    var gateway = anyGateway();
    if (gateway == null) return;
    long last = table.row(session).events.size() - 1;
    gateway.now(() ->
        gateway
            .viewers()
            .ask(new Cancel(SimHosts.ORGANIZATION, session, null, last))
            .onSuccess(reply -> {
              if (reply instanceof Canceling(String turn) && turn != null) {
                world.say("person", "hears that " + turn + " is canceled");
                judge.canceled(session, turn);
              }
            }));
  }

  private void reset() {
    var gateway = anyGateway();
    if (gateway == null) return;
    var mode = world.chance(0.5) ? ResetMode.CLEAR_HISTORY : ResetMode.KEEP_HISTORY;
    var reset = new Reset(SimHosts.ORGANIZATION, anySession(), null, mode);
    gateway.now(() -> gateway.viewers().ask(reset));
  }

  /** From now on nothing goes wrong. */
  void repair() {
    if (repaired) return;
    repaired = true;
    apartUntilMs.clear();
    databaseAwayUntilMs = 0;
    hosts.repair();
    world.after(30_000, () -> viewsChange(1));
  }
}
