package ai.vespid.agent.session;

import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.sandbox.ShellOutput;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** Sessions that exist in memory alone: what is measured with it is the agent itself. */
public final class MemoryProvider implements SessionProvider {
  private final Map<String, Found> all = new ConcurrentHashMap<>();
  private volatile Probe probe = new Probe.Works(List.of());
  private volatile String failure;
  private volatile Map<String, Integer> ports = Map.of();

  /** When it has none to give, creating waits until it has. */
  public final Semaphore creations = new Semaphore(1_000_000);

  /** The same for starting and stopping. */
  public final Semaphore changes = new Semaphore(1_000_000);

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public Probe probe() {
    return probe;
  }

  /** Fails its probe from now on; null for works again. */
  public void breaks(String why) {
    probe = why == null ? new Probe.Works(List.of()) : new Probe.Fails(why);
  }

  /** Makes half a session and fails with this from now on; null for works again. */
  public void failsToCreate(String why) {
    failure = why;
  }

  /** Where services listen on this machine. */
  public void serves(Map<String, Integer> where) {
    ports = where;
  }

  /** Something ends or vanishes without the agent. */
  public Map<String, Found> all() {
    return all;
  }

  @Override
  public Quota usual() {
    return new Quota(1 << 20, 1_000_000, 0);
  }

  @Override
  public boolean network(Boolean wish, Map<String, Integer> services) {
    return Boolean.TRUE.equals(wish);
  }

  @Override
  public void create(SessionRecord session, Time time) throws SessionFailed, InterruptedException {
    creations.acquire();
    all.put(session.handle(), new Found(session.withoutEnvironment(), false, Map.of()));
    if (failure != null) throw new SessionFailed(failure);
  }

  private void change(SessionRecord session, boolean running)
      throws SessionFailed, InterruptedException {
    changes.acquire();
    if (!all.containsKey(session.handle())) throw new SessionFailed("it is gone");
    all.put(
        session.handle(),
        new Found(session.withoutEnvironment(), running, running ? ports : Map.of()));
  }

  @Override
  public void start(SessionRecord session, Time time) throws SessionFailed, InterruptedException {
    change(session, true);
  }

  @Override
  public void stop(SessionRecord session, Duration grace)
      throws SessionFailed, InterruptedException {
    change(session, false);
  }

  @Override
  public void destroy(String handle) {
    all.remove(handle);
  }

  @Override
  public ShellOutput exec(SessionRecord session, Call call) {
    return new ShellOutput("memory", 0, false, String.join(" ", call.command()), "", false, false);
  }

  @Override
  public Map<String, Found> list() {
    return Map.copyOf(all);
  }
}
