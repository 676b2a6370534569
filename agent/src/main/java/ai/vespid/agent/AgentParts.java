package ai.vespid.agent;

import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.task.TaskRunner;
import ai.vespid.agent.trust.CommandGate;
import ai.vespid.agent.trust.GatewayTrust;
import ai.vespid.agent.trust.Proxy;
import ai.vespid.agent.work.Journal;
import ai.vespid.agent.work.Outbox;
import java.util.List;

/**
 * What an {@link Agent} is made of.
 *
 * @param bootId names this process
 * @param proxy null for none
 * @param gate which commands are obeyed
 */
public record AgentParts(
    String bootId,
    GatewayTrust trust,
    Proxy proxy,
    CommandGate gate,
    TaskRunner runner,
    Sandboxes sandboxes,
    NodeEngines engines,
    List<String> connectors,
    Journal journal,
    Outbox outbox) {}
