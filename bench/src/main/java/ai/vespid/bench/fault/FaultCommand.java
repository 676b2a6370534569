package ai.vespid.bench.fault;

import ai.vespid.protocol.Json;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Fault runs over real processes; one line of JSON for each repetition of each scenario. */
@Command(
    name = "fault",
    mixinStandardHelpOptions = true,
    description =
        "Kills, stops and cuts what it started, under load, and checks what everybody saw.")
public final class FaultCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--scenario",
      split = ",",
      defaultValue = "all",
      description =
          "names, or all that the number of gateways allows; or one of kill-worker, kill-sessions, restart-sessions")
  private List<String> scenarios;

  @Option(names = "--repetitions", defaultValue = "1")
  private int repetitions;

  @Option(names = "--gateways", defaultValue = "3")
  private int gateways;

  @Option(names = "--seconds", defaultValue = "15", description = "of load, at least")
  private int seconds;

  @Mixin private SiteOptions place;

  @Option(
      names = "--audit",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "read all accepted results from PostgreSQL in the end")
  private boolean audit;

  @Option(
      names = "--kills",
      defaultValue = "50",
      description = "in kill-worker and kill-sessions; restarts in restart-sessions")
  private int kills;

  @Option(names = "--cuts", defaultValue = "1000", description = "of viewers, where sessions are")
  private int cuts;

  @Option(
      names = "--victims",
      split = ",",
      defaultValue = "WORKER",
      description = "who is killed in kill-worker, by turns: ${COMPLETION-CANDIDATES}")
  private List<KillWorker.Victim> victims;

  private static final Set<String> CONVERSATIONS = Set.of(KillSessions.NAME, KillSessions.DEPLOYS);

  private boolean good = true;

  @Override
  public Integer call() throws InterruptedException {
    // Runs of workflows, not single dispatches: a site, a load and checks of its own.
    if (scenarios.equals(List.of(KillWorker.NAME))) {
      tell(new KillWorker(place, kills, victims).run());
    } else if (CONVERSATIONS.containsAll(scenarios) && scenarios.size() == 1) {
      tell(new KillSessions(scenarios.getFirst(), place, gateways, kills, cuts).run());
    } else scenarios();
    if (good) place.forget();
    else spec.commandLine().getErr().println("bench: evidence and logs: " + place.evidence());
    return good ? 0 : 1;
  }

  private void tell(Map<String, Object> verdict) {
    var out = spec.commandLine().getOut();
    out.println(new String(Json.write(verdict), StandardCharsets.UTF_8));
    out.flush();
    good = List.of().equals(verdict.get("violations"));
  }

  private void scenarios() throws InterruptedException {
    var chosen = chosen();
    try (var site = place.open(gateways)) {
      var accepted = new ArrayList<TrialReport>();
      for (var scenario : chosen) {
        for (int i = 1; i <= repetitions; i++) accepted.add(run(site, scenario, i));
      }
      if (audit) say(Audit.of(site, accepted), 1, site);
    }
  }

  private List<Scenario> chosen() {
    if (!scenarios.equals(List.of("all"))) {
      return scenarios.stream().map(Scenarios::named).toList();
    }
    return Scenarios.ALL.stream().filter(scenario -> scenario.gatewaysMin() <= gateways).toList();
  }

  private TrialReport run(Site site, Scenario scenario, int repetition)
      throws InterruptedException {
    try (var trial = new Trial(site, scenario, Duration.ofSeconds(seconds))) {
      var report = trial.run();
      say(report, repetition, site);
      return report;
    }
  }

  private void say(TrialReport report, int repetition, Site site) {
    var circumstances = new LinkedHashMap<String, Object>();
    circumstances.put("gateways", gateways);
    circumstances.put("repetition", repetition);
    PrintWriter out = spec.commandLine().getOut();
    out.println(report.json(Map.copyOf(circumstances)));
    out.flush();
    if (report.isGood()) return;
    good = false;
    report.saveEvidence(
        site.home().resolve("evidence").resolve(report.scenario() + "-" + repetition + ".txt"));
  }
}
