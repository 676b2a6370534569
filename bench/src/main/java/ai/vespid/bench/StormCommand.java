package ai.vespid.bench;

import ai.vespid.bench.fault.GatewayProcess;
import ai.vespid.bench.fault.Site;
import ai.vespid.bench.fault.SiteOptions;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The gateway that holds most agents is killed, and they all come to the others at once: how long
 * until every one is welcome again, and what dispatches at the survivors feel of it.
 */
@Command(
    name = "storm",
    description = "Three gateways it starts: kill -9 of the one with most agents.")
final class StormCommand implements Callable<Integer> {
  private static final int GATEWAYS = 3;
  private static final double BACK_MS_MAX = 10_000;
  private static final double P99_TIMES_MAX = 2;
  // Times compared on a shared machine: below this a figure is the machine's.
  private static final double P99_MS_FLOOR = 10;
  private static final long CONNECT_SECONDS = 180;
  private static final long GIVE_UP_SECONDS = 120;
  private static final long LOOK_NANOS = 20_000_000;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String SOCKETS = "vespid_edge_sockets";
  private static final int WORKERS = 10;

  @Spec private CommandSpec spec;
  @Mixin private SiteOptions place;
  @Mixin private LoadOptions load;
  @Mixin private ReportOptions report;

  @Option(names = "--agents", defaultValue = "5000")
  private int agents;

  @Option(names = "--share", defaultValue = "0.6", description = "of them at the gateway killed")
  private double share;

  @Option(names = "--rate", defaultValue = "50", description = "dispatches a second meanwhile")
  private double rate;

  @Option(names = "--window", defaultValue = "10", description = "seconds each latency is taken")
  private int windowSeconds;

  /**
   * Who is where: caller and router of the light load on one survivor, its agents on the other.
   *
   * @param home the survivor that is home of the light load's organization
   */
  private record Cast(List<GatewayProcess> gateways, int home) {
    GatewayProcess caller() {
      return gateways.get(home);
    }

    int other() {
      return (home + 1) % GATEWAYS;
    }

    int victim() {
      return (home + 2) % GATEWAYS;
    }

    List<String> urls() {
      return gateways.stream().map(gateway -> Door.path(gateway.url())).toList();
    }
  }

  /** The many, the loop they live on, and how many of them lose their gateway. */
  private record Storm(Generator loop, Fleet crowd, long atVictim) {}

  /** A light load that needs no gateway but the survivors. */
  private record Light(Home home, GatewayProcess caller, Credential agent, Fleet fleet) {}

  @Override
  public Integer call() {
    OpenFiles.require(agents);
    int code;
    try (var site = place.open(GATEWAYS, "512m");
        var generator = new Generator();
        var crowded = new Generator()) {
      code = measure(site, generator, crowded);
    }
    if (code == 0) place.forget();
    return code;
  }

  // The crowd has a loop of its own: what it does must not delay who measures.
  private int measure(Site site, Generator generator, Generator crowded) {
    var home = new Home(site, generator, load);
    var workers = site.agents(WORKERS);
    var cast = new Cast(site.gateways(), home.of(workers.getFirst()));
    var light =
        new Light(
            home, cast.caller(), workers.getFirst(), new Fleet(generator, workers, Manner.USUAL));
    var urls = cast.urls();
    generator.await(CONNECT_SECONDS, () -> light.fleet().connect(urls.get(cast.other())));
    var crowd = new Fleet(crowded, site.managedAgents(agents), Manner.USUAL);
    crowded.await(CONNECT_SECONDS, () -> crowd.connect(i -> new Door(urls, first(i, cast), true)));
    var sheet = new Sheet("storm");
    sheet.put("agents", agents);
    double atVictim = site.client().metric(cast.gateways().get(cast.victim()), SOCKETS);
    sheet.put("atVictim", atVictim);
    var before = run(generator, light, Duration.ofSeconds(5));
    sheet.answers("before", before);
    var storm = new Storm(crowded, crowd, (long) atVictim);
    var after = storm(generator, storm, light, cast, sheet);
    sheet.answers("during", after);
    sheet.most("p99TimesDuring", after.p99() / Math.max(before.p99(), P99_MS_FLOOR), P99_TIMES_MAX);
    sheet.answers("after", run(generator, light, Duration.ZERO));
    sheet.least("socketsAfter", sockets(site), agents + WORKERS);
    crowded.run(crowd::close);
    generator.run(light.fleet()::close);
    return sheet.report(spec.commandLine().getOut(), report);
  }

  private int first(int agent, Cast cast) {
    if (agent < agents * share) return cast.victim();
    return agent % 2 == 0 ? cast.home() : cast.other();
  }

  private static double sockets(Site site) {
    return site.gateways().stream()
        .filter(GatewayProcess::isAlive)
        .mapToDouble(gateway -> site.client().metric(gateway, SOCKETS))
        .sum();
  }

  private Measured run(Generator generator, Light light, Duration warmup) {
    var pace = pace(warmup);
    return light.fleet().measure(generator, pace, loop(light, pace)::run);
  }

  private Pace pace(Duration warmup) {
    return new Pace(warmup, Duration.ofSeconds(windowSeconds), PATIENCE);
  }

  private OpenLoop loop(Light light, Pace pace) {
    return light.home().open(light.caller(), light.agent(), rate, pace);
  }

  // The light load begins with the kill: what is felt in the first second counts.
  private Measured storm(Generator generator, Storm storm, Light light, Cast cast, Sheet sheet) {
    var crowd = storm.crowd();
    long deferrals = crowd.deferrals();
    var pace = pace(Duration.ZERO);
    var running = generator.onLoop(loop(light, pace)::run);
    long killed = System.nanoTime();
    cast.gateways().get(cast.victim()).child().kill();
    long give = killed + TimeUnit.SECONDS.toNanos(GIVE_UP_SECONDS);
    while (!isOver(storm) && System.nanoTime() < give) LockSupport.parkNanos(LOOK_NANOS);
    double ms =
        isOver(storm) ? (crowd.lastWelcomeNanos() - killed) / 1e6 : Double.POSITIVE_INFINITY;
    sheet.most("allBackMs", ms, BACK_MS_MAX);
    crowd.outages().forEach(sheet::put);
    sheet.put("toldToComeBack", crowd.deferrals() - deferrals);
    return light.fleet().measure(generator, pace, () -> running);
  }

  private boolean isOver(Storm storm) {
    var crowd = storm.crowd();
    return storm
        .loop()
        .await(
            GIVE_UP_SECONDS,
            () ->
                Future.succeededFuture(
                    crowd.losses() >= storm.atVictim() && crowd.here() == agents));
  }
}
