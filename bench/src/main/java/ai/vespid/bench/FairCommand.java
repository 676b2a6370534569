package ai.vespid.bench;

import ai.vespid.bench.fault.Site;
import ai.vespid.bench.fault.SiteOptions;
import ai.vespid.protocol.Pool;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * One organization asks for far more than the shared agents can do; the others ask for a little
 * each. They must hardly notice it, and all alike.
 */
@Command(
    name = "fair",
    description = "One gateway it starts: one organization floods, 99 send one a second each.")
final class FairCommand implements Callable<Integer> {
  private static final double P99_TIMES_MAX = 3;
  private static final double JAIN_MIN = 0.95;
  private static final Duration FLOOD_MAX = Duration.ofMinutes(10);

  @Spec private CommandSpec spec;
  @Mixin private SiteOptions place;
  @Mixin private LoadOptions load;
  @Mixin private ReportOptions report;

  @Option(names = "--flood", defaultValue = "100000", description = "dispatches of the one")
  private int flood;

  @Option(names = "--others", defaultValue = "99", description = "organizations, one a second each")
  private int others;

  @Option(names = "--agents", defaultValue = "10")
  private int agents;

  @Option(names = "--in-flight", defaultValue = "10", description = "that each agent takes")
  private int inFlight;

  @Option(names = "--work-ms", defaultValue = "50", description = "that each dispatch takes")
  private int workMs;

  @Override
  public Integer call() {
    int code;
    try (var site = place.open(1, "1g");
        var generator = new Generator()) {
      code = measure(site, generator);
    }
    if (code == 0) place.forget();
    return code;
  }

  private int measure(Site site, Generator generator) {
    var fleet =
        new Fleet(generator, site.managedAgents(agents), new Manner(false, inFlight, workMs));
    var url = Door.path(site.gateways().getFirst().url());
    generator.await(60, () -> fleet.connect(url));
    var sheet = new Sheet("fair");
    sheet.put("flood", flood);
    sheet.put("others", others);
    sheet.put("places", agents * inFlight);
    var alone = drip(generator, fleet, work(site, generator, others), 0);
    sheet.answers("alone", alone);
    var few = work(site, generator, others);
    var pace = new Pace(Duration.ZERO, FLOOD_MAX, FLOOD_MAX);
    var size = AsyncLoop.Size.flood(64, 32, flood);
    var loop = new AsyncLoop(generator, fleet, work(site, generator, 1), size, pace);
    var flooding = generator.onLoop(loop::run);
    var beside = drip(generator, fleet, few, 1);
    sheet.put("floodUnreadAfterwards", loop.backlog());
    sheet.answers("beside", beside);
    sheet.most("p99Times", beside.p99() / alone.p99(), P99_TIMES_MAX);
    sheet.least("jain", few.fairness(), JAIN_MIN);
    sheet.answers("flood", fleet.measure(generator, pace, () -> flooding));
    generator.run(fleet::close);
    return sheet.report(spec.commandLine().getOut(), report);
  }

  private Measured drip(Generator generator, Fleet fleet, AsyncWork work, int round) {
    var pace = load.pace(round);
    var loop = new AsyncLoop(generator, fleet, work, AsyncLoop.Size.drip(64, others), pace);
    return fleet.measure(generator, pace, loop::run);
  }

  // Managed agents belong to nobody: organizations need not exist beyond their ids.
  private AsyncWork work(Site site, Generator generator, int organizations) {
    var gateway = site.gateways().getFirst();
    var anybody = new Credential(null, null, null, UUID.randomUUID().toString(), Pool.MANAGED);
    var targets =
        Stream.generate(() -> UUID.randomUUID().toString())
            .limit(organizations)
            .map(organization -> Home.target(site, gateway, organization, anybody))
            .toList();
    return new AsyncWork(targets, generator.ids, load.payload(), (int) FLOOD_MAX.toMillis());
  }
}
