package ai.vespid.bench;

import ai.vespid.bench.fault.Site;
import ai.vespid.bench.fault.SiteOptions;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Runs of workflows whose every step is done by an agent: each is committed as blocked, dispatched,
 * committed as accepted, answered, committed as decided, and the next one follows from it.
 */
@Command(
    name = "steps",
    description =
        "One gateway with its workers: a long run, and many at once; every event checked.")
final class StepsCommand implements Callable<Integer> {
  private static final double STEP_MS_MAX = 4;
  private static final long PATIENCE_SECONDS = 300;
  private static final int CALLERS = 8;

  @Spec private CommandSpec spec;
  @Mixin private SiteOptions place;
  @Mixin private ReportOptions report;

  @Option(names = "--steps", defaultValue = "400", description = "of the long run")
  private int steps;

  @Option(
      names = "--warmup",
      defaultValue = "8",
      description = "long runs before, some 15 s of them: young code takes half as long again")
  private int warmUps;

  @Option(names = "--rounds", defaultValue = "5", description = "long runs; the median counts")
  private int rounds;

  @Option(names = "--runs", defaultValue = "1000", description = "at once")
  private int runs;

  @Option(names = "--run-steps", defaultValue = "5", description = "of each of these")
  private int runSteps;

  @Option(names = "--agents", defaultValue = "10")
  private int agents;

  @Override
  public Integer call() throws InterruptedException {
    int code;
    var unlimited = Map.of("WORKFLOW_RUN_QUOTA_TIER", "enterprise");
    try (var site = place.open(1, "1g", unlimited);
        var generator = new Generator()) {
      code = measure(site, generator);
    }
    if (code == 0) place.forget();
    return code;
  }

  private int measure(Site site, Generator generator) throws InterruptedException {
    var gateway = site.gateways().getFirst();
    try (var workflows = Workflows.of(gateway.apiUrl())) {
      var fleet = new Fleet(generator, workflows.agents(agents), Manner.USUAL);
      generator.await(60, () -> fleet.connect(Door.path(gateway.url())));
      var sheet = new Sheet("steps");
      oneByOne(workflows, sheet);
      atOnce(workflows, sheet);
      generator.run(fleet::close);
      return sheet.report(spec.commandLine().getOut(), report);
    }
  }

  private void oneByOne(Workflows workflows, Sheet sheet) {
    var chain = chain(steps);
    var workflow = workflows.publish(nodes(chain));
    var times = new ArrayList<Double>();
    var flaws = new TreeMap<String, Long>();
    for (int i = -warmUps; i < rounds; i++) {
      var started = workflows.start(workflow);
      var ended = workflows.end(started, PATIENCE_SECONDS);
      judge(workflows, started, chain, flaws);
      if (i >= 0) times.add(millis(ended) / steps);
    }
    sheet.put("steps", steps);
    sheet.put("rounds", rounds);
    sheet.most("stepMs", Measured.middle(times, ms -> ms), STEP_MS_MAX);
    sheet.put("stepMsBest", times.stream().mapToDouble(ms -> ms).min().orElse(-1));
    sheet.flaws("long", flaws.values().stream().mapToLong(n -> n).sum(), flaws);
  }

  // By the database's own clock: looking for the end is no part of it.
  private static double millis(JsonNode run) {
    if (!run.path("finishedAt").isTextual()) return Double.POSITIVE_INFINITY;
    return Duration.between(at(run, "startedAt"), at(run, "finishedAt")).toNanos() / 1e6;
  }

  private static Instant at(JsonNode run, String field) {
    return Instant.parse(run.path(field).asText());
  }

  private void atOnce(Workflows workflows, Sheet sheet) throws InterruptedException {
    var chain = chain(runSteps);
    var workflow = workflows.publish(nodes(chain));
    var flaws = new TreeMap<String, Long>();
    long begun = System.nanoTime();
    var started = all(i -> workflows.start(workflow));
    double startSeconds = (System.nanoTime() - begun) / 1e9;
    var ended = all(i -> workflows.end(started.get(i), PATIENCE_SECONDS));
    var first = ended.stream().map(run -> at(run, "createdAt")).min(Instant::compareTo);
    var last =
        ended.stream()
            .filter(run -> run.path("finishedAt").isTextual())
            .map(run -> at(run, "finishedAt"))
            .max(Instant::compareTo);
    for (var run : started) judge(workflows, run, chain, flaws);
    double seconds = Duration.between(first.orElseThrow(), last.orElseThrow()).toNanos() / 1e9;
    sheet.put("runs", runs);
    sheet.put("runSteps", runSteps);
    sheet.put("startedPerSecond", runs / startSeconds);
    sheet.put("runsPerSecond", runs / seconds);
    sheet.put("stepsPerSecond", runs * runSteps / seconds);
    sheet.flaws("parallel", flaws.values().stream().mapToLong(n -> n).sum(), flaws);
  }

  private <T> List<T> all(Function<Integer, T> work) throws InterruptedException {
    try (var threads = Executors.newFixedThreadPool(CALLERS)) {
      var done = new ArrayList<Future<T>>();
      for (int i = 0; i < runs; i++) {
        int number = i;
        done.add(threads.submit(() -> work.apply(number)));
      }
      var all = new ArrayList<T>();
      for (var one : done) all.add(one.get());
      return all;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
    }
  }

  private static void judge(
      Workflows workflows,
      Workflows.Started run,
      List<RunStory.Step> chain,
      Map<String, Long> flaws) {
    for (var flaw : RunStory.flaws(chain, workflows.events(run))) {
      flaws.merge(flaw, 1L, Long::sum);
    }
  }

  private static List<RunStory.Step> chain(int length) {
    return IntStream.range(0, length).mapToObj(i -> new RunStory.Step("n" + i, true)).toList();
  }

  private static List<Map<String, Object>> nodes(List<RunStory.Step> chain) {
    var task = Map.of("type", "shell", "script", "true");
    Map<String, Object> config = Map.of("task", task, "execution", Map.of("mode", "executor"));
    return chain.stream()
        .map(step ->
            Map.<String, Object>of("id", step.nodeId(), "type", "agent.execute", "config", config))
        .toList();
  }
}
