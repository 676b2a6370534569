package ai.vespid.agent.session;

import ai.vespid.agent.sandbox.Probe;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The providers of sessions that this agent may use, and which of them work. One that fails its
 * probe is withdrawn until it works again; the others go on.
 */
public final class Providers {
  private static final Logger LOG = LoggerFactory.getLogger(Providers.class);

  private final Map<String, SessionProvider> all = new LinkedHashMap<>();
  private final Map<String, Probe> probes = new ConcurrentHashMap<>();
  private final String byDefault;
  private final InstantSource clock;

  /**
   * @param byDefault of a session that names none; may be one that is not here
   */
  public Providers(List<SessionProvider> providers, String byDefault, InstantSource clock) {
    for (var provider : providers) all.put(provider.name(), provider);
    this.byDefault = byDefault;
    this.clock = clock;
  }

  Instant now() {
    return clock.instant();
  }

  /** The usual one's name. */
  public String byDefault() {
    return byDefault;
  }

  /** Asks all of them anew. Blocks. */
  public void probe() {
    for (var provider : all.values()) {
      var found = provider.probe();
      var before = probes.put(provider.name(), found);
      if (found.equals(before) || !(found instanceof Probe.Fails(var why))) continue;
      LOG.atWarn()
          .addKeyValue("provider", provider.name())
          .addKeyValue("cause", why)
          .log("sessions cannot be made by it");
    }
  }

  /** The last answer of each. */
  public Map<String, Probe> probes() {
    var shown = new LinkedHashMap<String, Probe>();
    for (var name : all.keySet()) {
      shown.put(name, probes.getOrDefault(name, new Probe.Fails("not asked yet")));
    }
    return shown;
  }

  /** Whether sessions of it can be had now. */
  public boolean works(String provider) {
    return probes.get(provider) instanceof Probe.Works;
  }

  /** The one of this name, null for the usual one, when it may be used and works. */
  SessionProvider working(String name) throws SessionFailed {
    var wanted = name == null ? byDefault : name;
    var provider = all.get(wanted);
    // The first command may come before the first round.
    if (provider != null) probes.computeIfAbsent(wanted, _ -> provider.probe());
    if (provider == null || !works(wanted)) {
      throw new SessionFailed("provider " + wanted + " not available");
    }
    return provider;
  }

  List<SessionProvider> working() {
    var working = new ArrayList<SessionProvider>();
    for (var provider : all.values()) if (works(provider.name())) working.add(provider);
    return working;
  }

  /** The one of this name, whether it works or not. */
  SessionProvider any(String name) throws SessionFailed {
    var provider = all.get(name);
    if (provider == null) throw new SessionFailed("provider " + name + " not available");
    return provider;
  }

  /** Whether this agent may use a provider at all. */
  public boolean allows(String name) {
    return name == null || all.containsKey(name);
  }

  /** What exists at one of them; empty when it does not say. */
  Optional<Map<String, SessionProvider.Found>> found(SessionProvider provider)
      throws InterruptedException {
    try {
      return Optional.of(provider.list());
    } catch (SessionFailed | IOException | RuntimeException e) {
      untold(provider, e);
      return Optional.empty();
    }
  }

  void untold(SessionProvider provider, Exception e) {
    LOG.atWarn()
        .addKeyValue("provider", provider.name())
        .addKeyValue("cause", e.getClass().getSimpleName())
        .log("sessions could not be compared with what exists");
  }
}
