package ai.vespid.bench;

import ai.vespid.bench.fault.GatewayProcess;
import ai.vespid.bench.fault.Site;
import ai.vespid.protocol.Kind;
import java.time.Duration;
import java.util.List;

/**
 * Which gateway decides about an organization's dispatches. That is not public, but who counts them
 * is; it stays as long as all gateways do.
 */
final class Home {
  private static final String SUBMITTED = "vespid_dispatch_submitted_total";
  private static final Pace SHORT =
      new Pace(Duration.ZERO, Duration.ofMillis(500), Duration.ofSeconds(10));

  private final Site site;
  private final Generator generator;
  private final LoadOptions load;

  Home(Site site, Generator generator, LoadOptions load) {
    this.site = site;
    this.generator = generator;
    this.load = load;
  }

  /** The number of the gateway that is home to this agent's organization; dispatches a few. */
  int of(Credential agent) {
    var gateways = site.gateways();
    var fleet = new Fleet(generator, List.of(agent), Manner.USUAL);
    var url = Door.path(gateways.getFirst().url());
    generator.await(SHORT.boundSeconds(), () -> fleet.connect(url));
    var before = gateways.stream().map(this::submitted).toList();
    var measured =
        fleet.measure(generator, SHORT, closed(gateways.getFirst(), agent, 1, SHORT)::run);
    if (measured.errors() + measured.wrong() > 0) {
      throw new IllegalStateException("a home cannot be found: " + measured.reasons());
    }
    int home = 0;
    double most = -1;
    for (int i = 0; i < gateways.size(); i++) {
      double grown = submitted(gateways.get(i)) - before.get(i);
      if (grown > most) home = i;
      most = Math.max(most, grown);
    }
    generator.run(fleet::close);
    return home;
  }

  private double submitted(GatewayProcess gateway) {
    return site.client().metric(gateway, SUBMITTED);
  }

  /** Callers of the agent's organization at one gateway. */
  ClosedLoop closed(GatewayProcess at, Credential agent, int callers, Pace pace) {
    var work = work(at, agent);
    return new ClosedLoop(generator, Endpoint.of(at.url()), work, callers, pace);
  }

  /** The same at a fixed rate. */
  OpenLoop open(GatewayProcess at, Credential agent, double perSecond, Pace pace) {
    return new OpenLoop(generator, Endpoint.of(at.url()), work(at, agent), perSecond, pace);
  }

  private DispatchWork work(GatewayProcess at, Credential agent) {
    var target = target(site, at, agent.organizationId(), agent);
    return new DispatchWork(
        target, SyncCommand.PATH, generator.ids, load.payload(), load.timeoutMs());
  }

  /** Dispatches of an organization at one gateway. */
  static DispatchWork.Target target(
      Site site, GatewayProcess at, String organizationId, Credential agent) {
    return new DispatchWork.Target(
        Endpoint.of(at.url()),
        site.serviceToken(),
        Kind.CONNECTOR_ACTION,
        agent.pool(),
        organizationId,
        agent.userId());
  }
}
