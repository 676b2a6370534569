package ai.vespid.agent;

import ai.vespid.agent.command.Node;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What this agent can do now, as its hello says it: what has failed here is not offered.
 *
 * @param node what takes commands; empty when nothing does
 */
record Abilities(AgentParts parts, Optional<Node> node) {
  /**
   * The hello.
   *
   * @param finished whose results the gateway does not have yet
   */
  Hello hello(AgentConfig config, List<Held> inFlight, List<Held> finished) {
    return new Hello(
        config.executorVersion(),
        config.executorId(),
        config.pool(),
        config.organizationId(),
        config.executorName(),
        config.labels(),
        config.maxInFlight(),
        kinds(),
        named(),
        parts.engines().logins(),
        parts.bootId(),
        features(),
        inFlight,
        finished);
  }

  // The connectors, and in the same place the engines: whatever is asked for by a name.
  private List<String> named() {
    if (!parts.executes()) return List.of();
    return Stream.concat(parts.connectors().stream(), parts.engines().offered().stream()).toList();
  }

  private Set<Kind> kinds() {
    // There has to be one. Without a connector none of its dispatches comes here.
    var kinds = EnumSet.of(Kind.CONNECTOR_ACTION);
    if (!parts.executes()) return kinds;
    if (parts.sandboxes().serve()) kinds.add(Kind.AGENT_EXECUTE);
    if (parts.engines().serve()) kinds.add(Kind.AGENT_RUN);
    return kinds;
  }

  private Set<String> features() {
    var features = new TreeSet<>(parts.way().gate().features());
    features.addAll(Set.of(Hello.ACK, Hello.CANCEL));
    node.ifPresent(commands -> {
      features.add(Hello.COMMANDS);
      if (!parts.executes()) return;
      commands.desk().offered().forEach(name -> features.add(Hello.COMMANDS + ':' + name));
    });
    return features;
  }
}
