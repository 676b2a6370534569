package ai.vespid.bench.fault;

import ai.vespid.bench.Credential;
import ai.vespid.bench.fault.History.Event;
import ai.vespid.bench.fault.Violation.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** One repetition of a scenario: a new organization with its agents, load, fault and verdict. */
final class Trial implements AutoCloseable {
  private static final int AGENTS = 6;
  private static final long LEAD_MS = 1_500;
  private static final long AFTER_MS = 2_500;
  private static final long RECOVERY_MS_MAX = 10_000;
  // What a lost home had begun keeps its place for the gateways' grace of ten seconds.
  private static final long GRACE_MS = 12_000;
  private static final Duration SETTLE_MAX = Duration.ofSeconds(20);

  private final Site site;
  private final Scenario scenario;
  private final long loadMs;
  private final History history = new History();
  private final FaultFleet fleet = new FaultFleet();
  private final List<Credential> credentials;
  private final Caller caller;
  private final Load load;
  private final Map<String, Long> logLines = new LinkedHashMap<>();
  private final Map<String, Object> marks = new LinkedHashMap<>();
  private final List<Violation> missed = new ArrayList<>();
  private long mendedMs = -1;
  private long steadyMsMax = -1;
  private boolean secondRunsAllowed = true;
  private boolean homesLost;
  private long neverAloneSinceMs = Long.MAX_VALUE;

  Trial(Site site, Scenario scenario, Duration loadTime) {
    this.site = site;
    this.scenario = scenario;
    this.loadMs = loadTime.toMillis();
    site.gateways().forEach(gateway -> logLines.put(gateway.name(), gateway.logLines()));
    credentials = site.agents(AGENTS);
    // By turns, as a load balancer would: a half of a split in which nobody is says so, which is no
    // fault.
    int turn = ThreadLocalRandom.current().nextInt(site.gateways().size());
    for (int i = 0; i < AGENTS; i++) {
      var cable =
          i % 2 == 0
              ? Cable.straight(site.gateways())
              : Cable.through(site.gateways(), site.ports());
      fleet.add(
          new FaultAgent.Setup(
              "agent-" + i, credentials.get(i), cable, turn + i, scenario.mix().room()),
          history);
    }
    caller = new Caller(site.client(), site.gateways(), credentials.getFirst(), history);
    load = new Load(caller, scenario.mix());
  }

  Site site() {
    return site;
  }

  FaultFleet fleet() {
    return fleet;
  }

  History history() {
    return history;
  }

  Caller caller() {
    return caller;
  }

  Credential target() {
    return credentials.getFirst();
  }

  void pause(long millis) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(millis);
  }

  /** From now on work must go on: it does so within ten seconds, or that is a violation. */
  void mended() {
    mendedMs = history.nowMs();
  }

  /** As {@link #mended()}; and what is posted later than that after it succeeds. */
  void mended(long steadyMsMax) {
    mended();
    this.steadyMsMax = steadyMsMax;
  }

  /** Notes a figure. */
  void mark(String name, Object figure) {
    marks.put(name, figure);
  }

  /** Notes a figure that must not be greater than {@code max}. */
  void mark(String name, long figure, long max) {
    mark(name, figure);
    if (figure > max) violated(Rule.MARK, name, figure + " > " + max);
  }

  void violated(Rule rule, String id, String text) {
    missed.add(new Violation(rule, id, text));
  }

  /** How long the load shall last; a fault that has a length takes it from here. */
  long loadMs() {
    return loadMs;
  }

  /** A gateway was away: its places may be taken for a grace longer. */
  void homesLost() {
    homesLost = true;
  }

  /** From now on nothing may have run twice, not even what may. */
  void forbidSecondRuns() {
    secondRunsAllowed = false;
  }

  /**
   * From now on somebody is always there who can take a dispatch, and no gateway says otherwise.
   */
  void forbidRefusals() {
    neverAloneSinceMs = history.nowMs();
  }

  private void judgeRefusals(List<Event> events) {
    for (var event : events) {
      if (event instanceof Event.Refused(long atMs, String id, String by)
          && atMs >= neverAloneSinceMs) {
        violated(Rule.CAUSE, id, "was refused by " + by + ", which knew of no agent");
      }
    }
  }

  /** Everything, and what came of it. */
  TrialReport run() throws InterruptedException {
    fleet.start();
    load.start();
    pause(LEAD_MS);
    scenario.fault().happen(this);
    pause(Math.max(AFTER_MS, loadMs - history.nowMs()));
    reviveTheDead();
    load.finish();
    reviveTheDead();
    fleet.await(SETTLE_MAX, agent -> agent.isWelcomed() && agent.isIdle());
    // For a grace after homes have moved nobody is refused for want of room.
    pause(homesLost ? GRACE_MS : Math.max(0, GRACE_MS - site.formedAgoMs()));
    reviveTheDead();
    new RoomProbe(this).run();
    fleet.await(SETTLE_MAX, FaultAgent::isIdle);
    fleet.run(() -> fleet.agents().forEach(FaultAgent::tellLeft));
    reviveTheDead();
    new ReadBack(site.client(), history).from(site.gateways());
    return judge();
  }

  // Who was not killed must live; the rest of the trial needs it all the same.
  private void reviveTheDead() {
    for (var gateway : site.gateways()) {
      if (gateway.isAlive()) continue;
      violated(Rule.ANSWERED, gateway.name(), "ended by itself");
      gateway.start();
      gateway.awaitReady();
    }
  }

  private TrialReport judge() {
    var events = history.events();
    if (mendedMs >= 0) {
      recovery(events, History.Mode.ASYNC);
      if (scenario.mix().sync()) recovery(events, History.Mode.SYNC);
    }
    if (steadyMsMax >= 0) mark("steadyMs", Recovery.steady(events, mendedMs), steadyMsMax);
    judgeRefusals(events);
    if (!secondRunsAllowed) {
      for (var id : TrialReport.ranTwice(events)) violated(Rule.CAUSE, id, "ran twice");
    }
    var violations = new ArrayList<>(HistoryChecker.check(events, scenario.tolerance()));
    violations.addAll(missed);
    mark("repeatedRequests", caller.repeated());
    return new TrialReport(scenario.name(), events, marks, violations, errors());
  }

  /** What gateways have logged as errors since it began. */
  List<String> errors() {
    var errors = new ArrayList<String>();
    for (var gateway : site.gateways()) {
      errors.addAll(gateway.errors(logLines.get(gateway.name())));
    }
    return errors;
  }

  private void recovery(List<Event> events, History.Mode mode) {
    long ms = Recovery.of(events, mode, mendedMs).orElse(RECOVERY_MS_MAX + 1);
    mark(
        "recovery" + mode.name().charAt(0) + mode.name().substring(1).toLowerCase() + "Ms",
        ms,
        RECOVERY_MS_MAX);
  }

  @Override
  public void close() {
    load.close();
    fleet.close();
  }
}
