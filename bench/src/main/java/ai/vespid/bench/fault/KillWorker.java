package ai.vespid.bench.fault;

import ai.vespid.bench.RunStory;
import ai.vespid.bench.Workflows;
import ai.vespid.bench.Workflows.Started;
import ai.vespid.bench.fault.History.Event;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RequestId;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The only worker, or the gateway or an agent by turns with it, is killed again and again, at
 * random moments of runs of many steps, by turns the worker's own requests and work of agents.
 * Every run must end well, every effect have happened once, and nothing be asked for again whose
 * step was committed (check 6). Work of a killed agent is lost and may not be repeated: its node
 * fails, and the run's next attempt begins there.
 */
final class KillWorker {
  static final String NAME = "kill-worker";

  /** Who may be killed. */
  enum Victim {
    WORKER,
    /** Stands still until another one has its runs, and then goes on beside it for a while. */
    SLEEPER,
    GATEWAY,
    AGENT
  }

  private static final int STEPS = 20;
  private static final int RUNS_AT_ONCE = 4;
  private static final int AGENTS = 2;
  // A life ends after so many steps at most and some milliseconds: on a slow machine too it is in
  // the middle of something, and not before anything began.
  private static final int LIFE_STEPS_MAX = 10;
  private static final long LIFE_MS_MAX = 100;
  private static final long LIFE_SECONDS_MAX = 15;
  private static final long END_SECONDS_MAX = 180;
  // Its heir waits for it: that is no part of what is tried.
  private static final int LEASE_MS = 2_000;
  private static final long DEAD_MS = 200;
  private static final long ASLEEP_MS = LEASE_MS + 1_000L;
  private static final long AWAKE_MS = 1_000;
  private static final int ATTEMPTS_MAX = 3;

  private final SiteOptions place;
  private final int kills;
  private final List<Victim> victims;
  private final List<RunStory.Step> chain =
      IntStream.range(0, STEPS).mapToObj(i -> new RunStory.Step("n" + i, i % 2 == 1)).toList();

  /**
   * @param victims who is killed, by turns
   */
  KillWorker(SiteOptions place, int kills, List<Victim> victims) {
    this.place = place;
    this.kills = kills;
    this.victims = List.copyOf(victims);
  }

  /** What is known in the end; a secret is in none of it. */
  private record Seen(Workflows workflows, Effects effects, Map<String, Long> executions) {}

  /** Everything, and what came of it; {@code violations} is empty when all was well. */
  Map<String, Object> run() throws InterruptedException {
    var conf = place.launcher().resolveSibling("conf");
    var gateway =
        Map.of(
            "VESPID_CONFIG",
            conf.resolve("gateway.json").toString(),
            "WORKFLOW_RUN_QUOTA_TIER",
            "enterprise");
    try (var site = place.open(1, "384m", gateway);
        var effects = new Effects();
        var workflows = Workflows.of(site.gateways().getFirst().apiUrl());
        var fleet = new FaultFleet()) {
      var history = new History();
      var cable = Cable.straight(site.gateways());
      for (var agent : workflows.agents(AGENTS)) {
        fleet.add(new FaultAgent.Setup("agent", agent, cable, 0, 50), history);
      }
      fleet.start();
      var workers =
          new ArrayDeque<>(
              List.of(
                  site.worker("worker-1", config(conf), variables()),
                  site.worker("worker-2", config(conf), variables())));
      var parties = new Parties(workers, site.gateways().getFirst(), fleet);
      LongSupplier done = () -> effects.requests() + executions(history).size();
      var runs = carryOut(workflows, publish(workflows, effects), parties, done);
      return judge(runs, new Seen(workflows, effects, executions(history)));
    }
  }

  private static Map<String, String> variables() {
    return Map.of(
        "WORKFLOW_CONTINUATION_POLL_MS", "250",
        "NODE_EXEC_TIMEOUT_MS", "600000",
        "WORKFLOW_HTTP_ALLOW_PRIVATE", "true");
  }

  private Path config(Path conf) {
    try {
      var config = Json.read(Files.readAllBytes(conf.resolve("worker.json")), ObjectNode.class);
      var runner = (ObjectNode) config.path("verticles").path("workflow-runner");
      runner.putObject("config").put("leaseMs", LEASE_MS).put("sweepMs", 100);
      return Files.write(place.folder().resolve("worker.json"), Json.write(config));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String publish(Workflows workflows, Effects effects) {
    var secret = workflows.secret("github", UUID.randomUUID().toString());
    var nodes = new ArrayList<Map<String, Object>>();
    for (int i = 0; i < chain.size(); i++) {
      Map<String, Object> config =
          chain.get(i).remote()
              ? Map.of(
                  "connectorId", "github",
                  "actionId", "issue.create",
                  "input", Map.of("number", i, "workMs", 20),
                  "auth", Map.of("secretId", secret),
                  "execution", Map.of("mode", "executor"))
              : Map.of("method", "POST", "url", effects.url(), "body", Map.of("step", i));
      var type = chain.get(i).remote() ? "connector.action" : "http.request";
      nodes.add(Map.of("id", chain.get(i).nodeId(), "type", type, "config", config));
    }
    return workflows.publish(nodes);
  }

  /** Of the workers the first one runs. */
  private record Parties(Deque<WorkerProcess> workers, GatewayProcess gateway, FaultFleet fleet) {
    void startWorker() {
      workers.getFirst().start();
      workers.getFirst().awaitReady();
    }

    void kill(Victim victim) throws InterruptedException {
      switch (victim) {
        case WORKER -> {
          workers.getFirst().child().kill();
          startWorker();
        }
        case SLEEPER -> {
          var sleeper = workers.removeFirst();
          sleeper.child().stop();
          workers.addLast(sleeper);
          startWorker();
          TimeUnit.MILLISECONDS.sleep(ASLEEP_MS);
          sleeper.child().wake();
          TimeUnit.MILLISECONDS.sleep(AWAKE_MS);
          sleeper.child().kill();
        }
        case GATEWAY -> {
          gateway.child().kill();
          gateway.start();
          gateway.awaitReady();
        }
        case AGENT -> {
          var agents = fleet.agents();
          var agent = agents.get(ThreadLocalRandom.current().nextInt(agents.size()));
          fleet.run(agent::die);
          TimeUnit.MILLISECONDS.sleep(DEAD_MS);
          fleet.run(agent::comeBack);
        }
      }
    }
  }

  private List<Started> carryOut(
      Workflows workflows, String workflow, Parties parties, LongSupplier done)
      throws InterruptedException {
    var all = new ArrayList<Started>();
    var open = new ArrayList<Started>();
    parties.startWorker();
    for (int i = 0; i < kills; i++) {
      open.removeIf(run -> workflows.read(run).path("finishedAt").isTextual());
      while (open.size() < RUNS_AT_ONCE) {
        open.add(workflows.start(workflow));
        all.add(open.getLast());
      }
      live(done);
      parties.kill(victims.get(i % victims.size()));
    }
    for (var run : all) workflows.end(run, END_SECONDS_MAX);
    return all;
  }

  private static void live(LongSupplier done) throws InterruptedException {
    var random = ThreadLocalRandom.current();
    long enough = done.getAsLong() + random.nextInt(LIFE_STEPS_MAX);
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIFE_SECONDS_MAX);
    while (done.getAsLong() < enough && System.nanoTime() < limit) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
    TimeUnit.MILLISECONDS.sleep(random.nextLong(LIFE_MS_MAX));
  }

  private static Map<String, Long> executions(History history) {
    return history.events().stream()
        .filter(Event.Began.class::isInstance)
        .map(Event.Began.class::cast)
        .collect(Collectors.groupingBy(Event.Began::id, Collectors.counting()));
  }

  private Map<String, Object> judge(List<Started> runs, Seen seen) {
    var violations = new ArrayList<String>();
    for (var run : runs) violations.addAll(judge(run, seen));
    long expected = (long) runs.size() * STEPS / 2;
    if (!victims.contains(Victim.AGENT)) violations.addAll(missing(expected, seen));
    seen.executions().entrySet().stream()
        .filter(execution -> execution.getValue() > 1)
        .forEach(execution ->
            violations.add(
                execution.getKey() + " was carried out " + execution.getValue() + " times"));
    var verdict = new LinkedHashMap<String, Object>();
    verdict.put("scenario", NAME);
    verdict.put("victims", victims);
    verdict.put("kills", kills);
    verdict.put("runs", runs.size());
    verdict.put("steps", runs.size() * STEPS);
    verdict.put("repeatedRequests", seen.effects().repeated());
    verdict.put("violations", violations);
    return verdict;
  }

  private static List<String> missing(long expected, Seen seen) {
    var violations = new ArrayList<String>();
    if (seen.effects().keys().size() != expected) {
      violations.add(seen.effects().keys().size() + " effects, not " + expected);
    }
    if (seen.executions().size() != expected) {
      violations.add(seen.executions().size() + " dispatches, not " + expected);
    }
    return violations;
  }

  private List<String> judge(Started run, Seen seen) {
    var now = seen.workflows().read(run);
    var events = seen.workflows().events(run);
    var error = now.path("error").asText();
    boolean lost =
        victims.contains(Victim.AGENT)
            && events.stream().anyMatch(event -> type(event).equals("node_failed"));
    // A run has so many attempts; each agent that dies takes one.
    boolean mayFail = lost && error.startsWith("AGENT_DISCONNECTED");
    boolean succeeded = now.path("status").asText().equals("succeeded");
    if (!succeeded && !mayFail) {
      return List.of(run.run() + " is " + now.path("status").asText() + ' ' + error);
    }
    var violations = new ArrayList<>(lost ? repeated(run, events) : RunStory.flaws(chain, events));
    for (var step : chain) {
      for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
        violations.addAll(
            judge(RequestId.of(run.run(), step.nodeId(), attempt), step, events, seen));
      }
    }
    return violations;
  }

  private static List<String> judge(
      String id, RunStory.Step step, List<JsonNode> events, Seen seen) {
    var committed = committed(events, step.nodeId());
    return seen.effects().of(id).stream()
        .filter(asked -> asked.isAfter(committed))
        .map(_ -> id + " was asked for after its commit")
        .toList();
  }

  // What a lost agent interrupts has no one story; but what was done is done.
  private static List<String> repeated(Started run, List<JsonNode> events) {
    return events.stream()
        .filter(event -> type(event).equals("node_succeeded"))
        .collect(
            Collectors.groupingBy(event -> event.path("nodeId").asText(), Collectors.counting()))
        .entrySet()
        .stream()
        .filter(node -> node.getValue() > 1)
        .map(node -> run.run() + " did " + node.getKey() + " again")
        .toList();
  }

  private static String type(JsonNode event) {
    return event.path("eventType").asText();
  }

  private static Instant committed(List<JsonNode> events, String nodeId) {
    return events.stream()
        .filter(event -> event.path("eventType").asText().equals("node_succeeded"))
        .filter(event -> event.path("nodeId").asText().equals(nodeId))
        .map(event -> Instant.parse(event.path("createdAt").asText()))
        .map(at -> at.plus(Duration.ofMillis(1)))
        .findFirst()
        .orElse(Instant.MAX);
  }
}
