package ai.vespid.agent.sandbox;

import ai.vespid.agent.sandbox.Probe.Fails;
import ai.vespid.agent.sandbox.Probe.Works;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All backends of an agent and which of them work. One that fails its probe is withdrawn until it
 * works again; the others go on, and the agent is degraded meanwhile (V-29).
 *
 * <p>Safe for use by many threads.
 */
public final class Sandboxes {
  private static final Logger LOG = LoggerFactory.getLogger(Sandboxes.class);

  private final Map<String, Sandbox> all = new LinkedHashMap<>();
  private final Map<String, Probe> probes = new LinkedHashMap<>();
  private final Set<String> missed;
  private final String byDefault;

  /** How the backends are, taken together. */
  public enum Health {
    OK,
    /** Something that was asked for is missing; the rest works. */
    DEGRADED,
    /** No script can run. */
    FAILED
  }

  /**
   * @param byDefault where a script runs that does not say
   * @param expected backends that are missed when they do not work; others are an offer
   */
  public Sandboxes(List<Sandbox> sandboxes, String byDefault, Set<String> expected) {
    for (var sandbox : sandboxes) all.put(sandbox.backend(), sandbox);
    this.byDefault = byDefault;
    this.missed = new HashSet<>(expected);
    missed.add(byDefault);
  }

  /** A single backend, asked already. */
  public static Sandboxes only(Sandbox sandbox) {
    var sandboxes = new Sandboxes(List.of(sandbox), sandbox.backend(), Set.of());
    sandboxes.probe();
    return sandboxes;
  }

  /** The backend of this kind, whether it works or not. */
  public <S extends Sandbox> Optional<S> of(Class<S> kind) {
    return all.values().stream().filter(kind::isInstance).map(kind::cast).findFirst();
  }

  /** Asks all of them anew. Blocks. */
  public void probe() {
    all.keySet().forEach(this::probe);
  }

  /** Asks one; nothing when there is none of that name. Blocks. */
  public void probe(String backend) {
    var sandbox = all.get(backend);
    if (sandbox == null) return;
    var found = sandbox.probe();
    Probe before;
    synchronized (this) {
      before = probes.put(backend, found);
      // What worked once is missed from then on.
      if (found instanceof Works) missed.add(backend);
    }
    if (!found.equals(before)) tell(backend, found);
  }

  private synchronized void tell(String backend, Probe found) {
    switch (found) {
      case Works(var ignored) -> {
        LOG.atInfo().addKeyValue("backend", backend).log("scripts can run here");
        for (var limit : ignored) {
          LOG.atWarn()
              .addKeyValue("backend", backend)
              .addKeyValue("cause", limit)
              .log("a limit is not enforced");
        }
      }
      case Fails(var why) -> {
        var level = missed.contains(backend) ? LOG.atWarn() : LOG.atDebug();
        level
            .addKeyValue("backend", backend)
            .addKeyValue("cause", why)
            .log("a sandbox is withdrawn");
      }
    }
  }

  /** Ends what agents that are gone left in any of them. Blocks. */
  public void endOrphans() {
    for (var sandbox : all.values()) {
      if (works(sandbox.backend())) sandbox.endOrphans();
    }
  }

  /**
   * The backend of this name, when it works.
   *
   * @param backend null for the usual one
   */
  public Optional<Sandbox> find(String backend) {
    var name = nameOf(backend);
    return works(name) ? Optional.of(all.get(name)) : Optional.empty();
  }

  /** What a backend is called that a task may have left out. */
  public String nameOf(String backend) {
    return backend == null ? byDefault : backend;
  }

  /**
   * Whether a script that names no backend can run. Otherwise nothing may be offered to this agent:
   * it would fail everything at once, and by that look free.
   */
  public boolean serve() {
    return works(byDefault);
  }

  private synchronized boolean works(String backend) {
    return probes.get(backend) instanceof Works;
  }

  /** The last answer of each; none before the first probe. */
  public synchronized Map<String, Probe> probes() {
    return new LinkedHashMap<>(probes);
  }

  public synchronized Health health() {
    if (probes.values().stream().noneMatch(Works.class::isInstance)) return Health.FAILED;
    for (var backend : missed) {
      if (!(probes.get(backend) instanceof Works(var ignored)) || !ignored.isEmpty()) {
        return Health.DEGRADED;
      }
    }
    return Health.OK;
  }
}
