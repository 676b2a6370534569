package ai.vespid.bench;

import ai.vespid.bench.fault.GatewayProcess;
import ai.vespid.bench.fault.Site;
import ai.vespid.bench.fault.SiteOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Rate and latency when caller, home and agent are on three gateways, beside what the bus between
 * two processes gives and what one of these gateways gives when all are on it.
 */
@Command(
    name = "cluster",
    description = "Three gateways it starts: caller, router and agents each on another one.")
final class ClusterCommand implements Callable<Integer> {
  private static final int GATEWAYS = 3;
  private static final double OF_PIPE_MIN = 0.6;
  private static final double OF_ONE_NODE_MIN = 0.4;
  private static final double P50_MS_MAX = 4;
  private static final long FORMED_MS_MAX = 10_000;

  @Spec private CommandSpec spec;
  @Mixin private SiteOptions place;

  // Each of three young gateways on two cores compiles for as long.
  @Mixin private LoadOptions load = new LoadOptions(20);

  @Mixin private ReportOptions report;

  @Option(names = "--callers", defaultValue = "64")
  private int callers;

  @Option(names = "--rate", defaultValue = "500", description = "of the open loop, per second")
  private double rate;

  @Option(names = "--agents", defaultValue = "10", description = "of each of two organizations")
  private int agents;

  /** Agents of one organization, and where its dispatches come in. */
  private record Party(GatewayProcess caller, Credential agent, Fleet fleet) {}

  @Override
  public Integer call() {
    int code;
    try (var site = place.open(GATEWAYS, "512m")) {
      code = measure(site);
    }
    if (code == 0) place.forget();
    return code;
  }

  private int measure(Site site) {
    var ports = List.of(site.ports().next(), site.ports().next());
    try (var generator = new Generator();
        var pipe = Pipe.clustered(generator, agents, load.pipeHeap(), ports)) {
      var home = new Home(site, generator, load);
      var apart = party(site, generator, home, 1, 2);
      var together = party(site, generator, home, 0, 0);
      var one = new ArrayList<Measured>();
      var across =
          new Rounds(generator, load, report, pipe)
              .measure(
                  new Rounds.Subject("cluster", "V", callers, agents),
                  pace -> {
                    one.add(closed(generator, home, together, pace));
                    return closed(generator, home, apart, pace);
                  });
      var single =
          Figures.of(
              new Rounds.Subject("cluster-one-node", "V", callers, agents),
              one.size(),
              Measured.median(one),
              null,
              null,
              report);
      var paced = paced(generator, home, apart);
      generator.run(apart.fleet()::close);
      generator.run(together.fleet()::close);
      return judge(across, single, paced, site.formedMs());
    }
  }

  // Where they are is counted from the organization's home.
  private Party party(Site site, Generator generator, Home home, int callerAt, int agentsAt) {
    var credentials = site.agents(agents);
    int at = home.of(credentials.getFirst());
    var gateways = site.gateways();
    var fleet = new Fleet(generator, credentials, Manner.USUAL);
    var url = Door.path(gateways.get((at + agentsAt) % GATEWAYS).url());
    generator.await(60, () -> fleet.connect(url));
    return new Party(gateways.get((at + callerAt) % GATEWAYS), credentials.getFirst(), fleet);
  }

  private Measured closed(Generator generator, Home home, Party party, Pace pace) {
    var loop = home.closed(party.caller(), party.agent(), callers, pace);
    return party.fleet().measure(generator, pace, loop::run);
  }

  private Figures paced(Generator generator, Home home, Party party) {
    return new Rounds(generator, load, report, null)
        .measure(
            new Rounds.Subject("cluster-latency", "V", 0, agents),
            pace -> {
              var loop = home.open(party.caller(), party.agent(), rate, pace);
              return party.fleet().measure(generator, pace, loop::run);
            });
  }

  private int judge(Figures across, Figures single, Figures paced, long formedMs) {
    var out = spec.commandLine().getOut();
    int answers = report.report(out, List.of(across, single, paced));
    var marks = new Sheet("cluster-marks");
    marks.least("ofClusteredPipe", across.shareOfPipe(), OF_PIPE_MIN);
    marks.least("ofOneNode", across.rate() / single.rate(), OF_ONE_NODE_MIN);
    marks.most("formedMs", formedMs, FORMED_MS_MAX);
    marks.most("p50MsAtRate", paced.p50Ms(), P50_MS_MAX);
    return Math.max(answers, marks.report(out, report));
  }
}
