package ai.vespid.agent.sandbox.docker;

import ai.vespid.agent.sandbox.Owner;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Container;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whose container is whose. Every one is labelled with its owner before it exists, so that whatever
 * happens to the agent a later one can tell what nobody waits for any more. It is removed when its
 * owner
 *
 * <ul>
 *   <li>is this process, which does not run it any more: its removal failed;
 *   <li>is the process that used this agent's journal before: only one can at a time;
 *   <li>ran on this machine and is gone;
 *   <li>or is unknown, and its time was up long ago.
 * </ul>
 */
final class Containers {
  private static final Logger LOG = LoggerFactory.getLogger(Containers.class);
  private static final String UNTIL = Owner.LABEL + "until";
  private static final String EPOCH = Owner.LABEL + "epoch";
  private static final Duration LATE = Duration.ofMinutes(5);

  private final Owner owner;
  private final String bootBefore;
  private final InstantSource clock;
  // By name, which is chosen before the container exists: one that is just being made is known.
  private final Set<String> running = ConcurrentHashMap.newKeySet();

  /**
   * @param bootBefore boot id of the process that used this agent's journal before, or empty
   */
  Containers(Owner owner, String bootBefore, InstantSource clock) {
    this.owner = owner;
    this.bootBefore = bootBefore;
    this.clock = clock;
  }

  /** Labels for a container that may run for so long. */
  Map<String, String> begin(String name, Integer epoch, long timeoutMs) {
    running.add(name);
    var labels = new HashMap<>(owner.labels());
    labels.put(UNTIL, Long.toString(clock.millis() + timeoutMs));
    labels.put(EPOCH, String.valueOf(epoch));
    return labels;
  }

  /** Removes a container with everything that runs in it. */
  void end(DockerClient engine, String name) {
    // Whoever interrupts us wants to be done, but nothing is left behind.
    boolean interrupted = Thread.interrupted();
    try {
      remove(engine, name);
    } catch (RuntimeException e) {
      // The timer tries again: it is not among the running ones any more.
      LOG.atWarn()
          .addKeyValue("cause", e.getClass().getSimpleName())
          .log("a container could not be removed");
    } finally {
      running.remove(name);
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  private static void remove(DockerClient engine, String idOrName) {
    try {
      engine.removeContainerCmd(idOrName).withForce(true).withRemoveVolumes(true).exec();
    } catch (NotFoundException e) {
      return; // Never made, or gone already.
    } catch (ConflictException e) {
      return; // Another removes it just now.
    }
  }

  /** Removes what nobody waits for; tells how many. */
  int endOrphans(DockerClient engine) {
    int ended = 0;
    var ours =
        engine.listContainersCmd().withShowAll(true).withLabelFilter(List.of(Owner.AGENT)).exec();
    for (var container : ours) {
      if (!isOrphan(container)) continue;
      remove(engine, container.getId());
      ended++;
    }
    if (ended > 0) LOG.atInfo().addKeyValue("count", ended).log("orphaned containers were removed");
    return ended;
  }

  private boolean isOrphan(Container container) {
    var theirs = Owner.of(container.getLabels());
    if (theirs.boot().equals(owner.boot())) return !runs(container);
    if (!bootBefore.isEmpty() && theirs.boot().equals(bootBefore)) return true;
    if (theirs.isGone(owner)) return true;
    var until = container.getLabels().getOrDefault(UNTIL, "");
    return until.matches("\\d{1,18}") && Long.parseLong(until) + LATE.toMillis() < clock.millis();
  }

  private boolean runs(Container container) {
    for (var name : container.getNames()) {
      if (running.contains(name.replaceFirst("^/", ""))) return true;
    }
    return false;
  }
}
