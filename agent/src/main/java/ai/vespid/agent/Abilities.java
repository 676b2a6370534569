package ai.vespid.agent;

import ai.vespid.agent.command.Node;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.protocol.Kind;
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
record Abilities(
    List<String> connectors, Sandboxes sandboxes, NodeEngines engines, Optional<Node> node) {
  // The connectors, and in the same place the engines: whatever is asked for by a name.
  List<String> named() {
    return Stream.concat(connectors.stream(), engines.offered().stream()).toList();
  }

  Set<Kind> kinds() {
    var kinds = EnumSet.of(Kind.CONNECTOR_ACTION);
    if (sandboxes.serve()) kinds.add(Kind.AGENT_EXECUTE);
    if (engines.serve()) kinds.add(Kind.AGENT_RUN);
    return kinds;
  }

  Set<String> features() {
    var features = new TreeSet<String>(Set.of(Hello.ACK, Hello.CANCEL));
    node.ifPresent(commands -> {
      features.add(Hello.COMMANDS);
      commands.desk().offered().forEach(name -> features.add(Hello.COMMANDS + ':' + name));
    });
    return features;
  }
}
