package ai.vespid.agent;

import ai.vespid.agent.command.Node;
import ai.vespid.agent.link.Backoff;
import ai.vespid.agent.link.Link;
import ai.vespid.agent.operation.AgentStatus;
import ai.vespid.agent.operation.Meters;
import ai.vespid.agent.work.WorkTable;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** How an agent is, put together when somebody asks. Confined to the link's context. */
final class Condition {
  private final AgentConfig config;
  private final AgentParts parts;
  private final Link link;
  private final WorkTable table;
  private final Delivery delivery;
  private final Optional<Node> node;
  private final long startedNanos = System.nanoTime();

  Condition(AgentConfig config, AgentParts parts, Link link, WorkTable table, Delivery delivery) {
    this.config = config;
    this.parts = parts;
    this.link = link;
    this.table = table;
    this.delivery = delivery;
    this.node = parts.runner().node();
  }

  /** Adds what is counted elsewhere to what can be scraped. */
  void counted(Meters meters, Backoff backoff) {
    meters.also(() ->
        Meters.counted("vespid_agent_retries_total", "waits for the gateway", backoff.waits())
            + Meters.counted(
                "vespid_agent_results_dropped_total", "never acknowledged", delivery.drops()));
  }

  /**
   * Now.
   *
   * @param stopping whether it takes nothing new
   */
  AgentStatus now(boolean stopping) {
    var probes = parts.sandboxes().probes();
    return new AgentStatus(
        AgentStatus.of(link.connected(), parts.sandboxes().health()),
        Instant.now(),
        ProcessHandle.current().pid(),
        config.executorVersion(),
        config.executorId(),
        config.executorName(),
        config.gatewayWsUrl(),
        link.connected(),
        link.fault(),
        stopping,
        TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startedNanos),
        table.inFlight().size(),
        config.maxInFlight(),
        delivery.held().size(),
        node.map(one -> one.sessions().list().size()).orElse(0),
        AgentStatus.sandboxes(probes),
        AgentStatus.ignored(probes),
        parts.engines().states(),
        null);
  }
}
