package ai.vespid.bench.fault;

import ai.vespid.bench.Conversations;
import ai.vespid.bench.fault.History.Event;
import ai.vespid.protocol.session.SessionEvent;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Conversations whose viewers are cut off again and again, while gateways and the hosts that
 * sessions are pinned to are killed. Everybody must see every event once and in order, every turn
 * end once, and no tool be used twice (check 5).
 */
final class KillSessions {
  static final String NAME = "kill-sessions";

  /** The same conversations while all gateways are updated: nothing may be felt of it. */
  static final String DEPLOYS = "restart-sessions";

  /** Who may be killed, or restarted as in a deploy. */
  enum Victim {
    GATEWAY,
    HOST,
    DEPLOYED
  }

  private static final int SESSIONS = 6;
  private static final int VIEWERS_EACH = 2;
  private static final int HOSTS = 3;
  private static final int ROOM = 50;
  private static final int STARTS_MAX = 3;
  private static final long LIFE_MS_MAX = 3_000;
  private static final long DEAD_MS = 500;
  private static final long CUT_MS_MAX = 60;
  private static final long QUIET_SECONDS_MAX = 120;
  private static final Set<String> QUIET_ENDS =
      Set.of(SessionEvent.AGENT_FINAL, SessionEvent.SYSTEM);
  private static final String MOVED = "session_executor_failover";
  private static final String TOOL = "connector.github.issue.create";

  private final String name;
  private final SiteOptions place;
  private final int gateways;
  private final int kills;
  private final int cuts;
  private final List<Victim> victims;

  /**
   * @param name {@link #NAME} or {@link #DEPLOYS}
   * @param gateways at least two: one of them is always there
   */
  KillSessions(String name, SiteOptions place, int gateways, int kills, int cuts) {
    if (gateways < 2) throw new IllegalArgumentException(name + " needs two gateways");
    this.name = name;
    this.victims =
        name.equals(DEPLOYS) ? List.of(Victim.DEPLOYED) : List.of(Victim.GATEWAY, Victim.HOST);
    this.place = place;
    this.gateways = gateways;
    this.kills = kills;
    this.cuts = cuts;
  }

  /** Who takes part; all but the gateways on one loop. */
  private record Parties(
      Site site, FaultFleet fleet, List<Speaker> speakers, Conversations talks, History history) {
    boolean quiet() {
      return fleet.onLoop(() -> speakers.stream().allMatch(Speaker::quiet));
    }

    void cutOne() {
      speakers.get(ThreadLocalRandom.current().nextInt(speakers.size())).cut();
    }

    // It runs the tools of some session, if anybody does.
    FaultAgent anyHost() {
      var speaker = speakers.get(ThreadLocalRandom.current().nextInt(speakers.size()));
      var host = fleet.onLoop(speaker::host);
      var agents = fleet.agents();
      return agents.stream()
          .filter(agent -> agent.executorId().equals(host))
          .findFirst()
          .orElse(agents.getFirst());
    }
  }

  /** Everything, and what came of it; {@code violations} is empty when all was well. */
  Map<String, Object> run() throws InterruptedException {
    try (var site = place.open(gateways, "384m", Map.of("ACCESS_TOKEN_TTL_SEC", "86400"));
        var talks = Conversations.of(site.gateways().getFirst().apiUrl());
        var fleet = new FaultFleet()) {
      var history = new History();
      for (var agent : talks.agents(HOSTS)) {
        var cable = Cable.through(site.gateways(), site.ports());
        fleet.add(new FaultAgent.Setup("host", agent, cable, fleet.agents().size(), ROOM), history);
      }
      fleet.start();
      var parties = new Parties(site, fleet, speakers(site, fleet, talks), talks, history);
      try {
        talk(parties);
        return judge(parties);
      } finally {
        fleet.run(() -> parties.speakers().forEach(Speaker::close));
      }
    }
  }

  private static List<Speaker> speakers(Site site, FaultFleet fleet, Conversations talks) {
    var speakers = new ArrayList<Speaker>();
    for (int i = 0; i < SESSIONS; i++) {
      var session = talks.begin(TOOL);
      for (int v = 0; v < VIEWERS_EACH; v++) {
        var cable = Speaker.cable(site.gateways(), site.ports());
        var who = new Speaker.Who("s" + i + "v" + v, session, talks.headers());
        speakers.add(fleet.onLoop(() -> new Speaker(fleet.vertx(), who, cable)));
      }
    }
    return speakers;
  }

  private void talk(Parties parties) throws InterruptedException {
    parties.fleet().run(() -> parties.speakers().forEach(speaker -> speaker.talks(true)));
    var cutter = Thread.ofVirtual().start(() -> cut(parties));
    for (int i = 0; i < kills; i++) {
      sleep(LIFE_MS_MAX);
      kill(parties, victims.get(i % victims.size()), i);
    }
    cutter.join();
    parties.fleet().run(() -> parties.speakers().forEach(speaker -> speaker.talks(false)));
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(QUIET_SECONDS_MAX);
    while (!parties.quiet() && System.nanoTime() < limit) TimeUnit.MILLISECONDS.sleep(100);
  }

  private void cut(Parties parties) {
    try {
      for (int i = 0; i < cuts; i++) {
        sleep(CUT_MS_MAX);
        parties.cutOne();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void sleep(long msMax) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(msMax));
  }

  private static void kill(Parties parties, Victim victim, int turn) throws InterruptedException {
    switch (victim) {
      case DEPLOYED -> {
        var all = parties.site().gateways();
        var gateway = all.get(turn % all.size());
        gateway.child().terminate();
        startAgain(gateway);
      }
      case GATEWAY -> {
        var all = parties.site().gateways();
        var gateway = all.get(ThreadLocalRandom.current().nextInt(all.size()));
        gateway.child().kill();
        TimeUnit.MILLISECONDS.sleep(DEAD_MS);
        startAgain(gateway);
      }
      case HOST -> {
        var host = parties.anyHost();
        parties.fleet().run(host::die);
        TimeUnit.MILLISECONDS.sleep(DEAD_MS);
        parties.fleet().run(host::comeBack);
      }
    }
  }

  // As a supervisor does: on a busy machine it may not find its cluster in time.
  private static void startAgain(GatewayProcess gateway) {
    for (int left = STARTS_MAX; ; left--) {
      gateway.start();
      try {
        gateway.awaitReady();
        return;
      } catch (IllegalStateException e) {
        if (left == 1) throw e;
        gateway.close();
      }
    }
  }

  private Map<String, Object> judge(Parties parties) {
    var violations = new ArrayList<String>();
    var stories = new LinkedHashMap<String, List<JsonNode>>();
    for (var speaker : parties.speakers()) {
      var events = stories.computeIfAbsent(speaker.session(), parties.talks()::events);
      parties
          .fleet()
          .run(() -> {
            violations.addAll(speaker.flaws());
            violations.addAll(SessionStory.flaws(speaker.name(), speaker.seen(), events));
          });
    }
    stories.forEach((session, events) -> violations.addAll(SessionStory.flaws(session, events)));
    executions(parties.history())
        .forEach((id, times) -> {
          if (times > 1) violations.add(id + " was carried out " + times + " times");
        });
    if (name.equals(DEPLOYS)) violations.addAll(felt(stories));
    var verdict = new LinkedHashMap<String, Object>();
    verdict.put("scenario", name);
    verdict.put("gateways", gateways);
    verdict.put("kills", kills);
    verdict.put("cuts", cuts);
    verdict.put("viewers", parties.speakers().size());
    verdict.put("events", stories.values().stream().mapToInt(List::size).sum());
    verdict.put("ends", ends(stories));
    verdict.put("tools", executions(parties.history()).size());
    verdict.put("violations", violations);
    return verdict;
  }

  private static Map<String, Long> executions(History history) {
    return history.events().stream()
        .filter(Event.Began.class::isInstance)
        .map(Event.Began.class::cast)
        .collect(Collectors.groupingBy(Event.Began::id, Collectors.counting()));
  }

  // Turns are answered, or canceled by who asked; and no session gets another host.
  private static List<String> felt(Map<String, List<JsonNode>> stories) {
    var felt = new ArrayList<String>();
    ends(stories)
        .forEach((how, times) -> {
          if (!QUIET_ENDS.contains(how)) felt.add(times + " turns ended with " + how);
        });
    stories.forEach((session, events) ->
        events.stream()
            .filter(event -> event.path("payload").path("action").asText().equals(MOVED))
            .forEach(event -> felt.add(session + " moved at " + event.path("seq").asText())));
    return felt;
  }

  // How turns ended: a failed one has a code, and may have one only for what was done to it.
  private static Map<String, Long> ends(Map<String, List<JsonNode>> stories) {
    return stories.values().stream()
        .flatMap(List::stream)
        .filter(event ->
            SessionStory.ends(event.path("eventType").asText(), event.path("payload").toString()))
        .map(event ->
            event.path("eventType").asText().equals(SessionEvent.ERROR)
                ? event.path("payload").path("code").asText()
                : event.path("eventType").asText())
        .collect(Collectors.groupingBy(how -> how, TreeMap::new, Collectors.counting()));
  }
}
