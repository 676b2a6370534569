package ai.vespid.agent;

import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.task.TaskRunner;
import ai.vespid.agent.work.Journal;
import ai.vespid.agent.work.Outbox;
import java.nio.file.Path;
import java.util.List;

/**
 * What an {@link Agent} is made of.
 *
 * @param bootId names this process
 * @param folder on the disk that files of runs are on
 * @param executes whether anything is; else all that is asked for is denied
 */
public record AgentParts(
    String bootId,
    Way way,
    TaskRunner runner,
    Sandboxes sandboxes,
    NodeEngines engines,
    List<String> connectors,
    Journal journal,
    Outbox outbox,
    Path folder,
    boolean executes) {}
