package ai.vespid.agent.session;

import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.session.SessionProvider.Call;
import ai.vespid.agent.session.SessionProvider.Found;
import ai.vespid.agent.session.SessionProvider.Time;
import ai.vespid.agent.session.SessionRecord.State;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The sessions of this agent. One is on disk before its provider is asked for it and until it is
 * certain to be gone, so that a killed agent loses none and leaves none: what was only being made
 * is removed by the next one, and what the disk has lost is found at its provider.
 *
 * <p>Safe for many threads; what changes a session waits for what changes it already.
 */
public final class Sessions {
  private static final Duration STOP_GRACE = Duration.ofSeconds(10);

  private final Providers providers;
  private final SessionStore store;
  private final Bounds bounds;
  private final Folders folders;
  private final WorkspaceDisks disks;
  private final Map<String, Live> live = new ConcurrentHashMap<>();
  private final Leftovers leftovers;

  /** One session, and what is known of it. */
  static final class Live {
    final ReentrantLock lock = new ReentrantLock();
    volatile SessionRecord record;
    volatile Map<String, Integer> ports = Map.of();

    Live(SessionRecord record) {
      this.record = record;
    }
  }

  /** What is asked for; null where it is left to the agent. */
  public record Wish(
      String id,
      String workspacePath,
      String provider,
      String image,
      Map<String, String> env,
      Map<String, Integer> services,
      Boolean network,
      Long memoryBytes,
      Long nanoCpus,
      Long diskBytes,
      Map<String, String> labels) {
    @Override
    public String toString() {
      return "Wish[" + id + "]";
    }
  }

  /**
   * A session as it is shown.
   *
   * @param ports of this machine by service
   */
  public record View(SessionRecord record, Map<String, Integer> ports) {}

  public Sessions(
      Providers providers,
      SessionStore store,
      Bounds bounds,
      Folders folders,
      WorkspaceDisks disks) {
    this.providers = providers;
    this.store = store;
    this.bounds = bounds;
    this.folders = folders;
    this.disks = disks;
    this.leftovers = new Leftovers(providers, store, disks);
  }

  public Providers providers() {
    return providers;
  }

  /** Reads what an earlier process had. What it was making nobody waits for. */
  public void restore() throws IOException {
    for (var record : store.read()) {
      boolean half = record.state() == State.CREATING || record.state() == State.DESTROYING;
      if (half) leftovers.add(record);
      else live.put(record.id(), new Live(record));
    }
  }

  /** Makes a session. It is all there when this returns, and nothing is there when it throws. */
  public View create(Wish wish, Time time) throws SessionFailed, IOException, InterruptedException {
    var provider = providers.working(wish.provider());
    var session = new Live(record(wish, provider));
    admit(session);
    session.lock.lock();
    try {
      store.write(session.record);
      disks.make(session.record);
      provider.create(session.record, time);
      if (time.cancellation().cancelled()) throw SessionFailed.timedOut("session.create");
      change(session, State.CREATED);
      return view(session);
    } catch (SessionFailed | IOException | InterruptedException | RuntimeException e) {
      leftovers.add(session.record);
      live.remove(wish.id(), session);
      leftovers.remove(provider.name());
      throw e;
    } finally {
      session.lock.unlock();
    }
  }

  private SessionRecord record(Wish wish, SessionProvider provider)
      throws SessionFailed, IOException {
    if (live.containsKey(wish.id())) throw exists(wish.id());
    var usual = provider.usual();
    var quota =
        new Quota(
            or(wish.memoryBytes(), usual.memoryBytes()),
            or(wish.nanoCpus(), usual.nanoCpus()),
            or(wish.diskBytes(), usual.diskBytes()));
    return new SessionRecord(
        wish.id(),
        UUID.randomUUID().toString(),
        provider.name(),
        folders.workspace(wish.workspacePath()).toString(),
        wish.image(),
        wish.env(),
        wish.services(),
        provider.network(wish.network(), wish.services()),
        quota,
        wish.labels(),
        providers.now(),
        State.CREATING);
  }

  private static long or(Long value, long otherwise) {
    return value == null ? otherwise : value;
  }

  // One at a time: two that both just fit would be one too many.
  private synchronized void admit(Live session) throws SessionFailed {
    if (live.containsKey(session.record.id())) throw exists(session.record.id());
    var all = session.record.quota();
    for (var other : live.values()) all = all.plus(other.record.quota());
    bounds.admit(live.size() + 1, all);
    live.put(session.record.id(), session);
  }

  private static SessionFailed exists(String id) {
    return new SessionFailed("session " + id + " already exists");
  }

  private static SessionFailed unknown(String id) {
    return new SessionFailed("session " + id + " not found");
  }

  private Live find(String id) throws SessionFailed {
    var session = live.get(id);
    if (session == null) throw unknown(id);
    return session;
  }

  private void change(Live session, State state) throws IOException {
    var next = session.record.in(state);
    store.write(next);
    session.record = next;
  }

  /** Something that is done to a session while nobody else does anything to it. */
  @FunctionalInterface
  private interface Act {
    void on(Live session, SessionProvider provider)
        throws SessionFailed, IOException, InterruptedException;
  }

  private View exclusively(String id, Time time, Act act)
      throws SessionFailed, IOException, InterruptedException {
    var session = find(id);
    if (!session.lock.tryLock(time.timeoutMs(), TimeUnit.MILLISECONDS)) {
      throw SessionFailed.timedOut("waiting for session " + id);
    }
    try {
      // Another may have ended it meanwhile.
      if (live.get(id) != session) throw unknown(id);
      act.on(session, providers.working(session.record.provider()));
      return view(session);
    } finally {
      session.lock.unlock();
    }
  }

  public View start(String id, Time time) throws SessionFailed, IOException, InterruptedException {
    return exclusively(
        id,
        time,
        (session, provider) -> {
          disks.ready(session.record);
          provider.start(session.record, time);
          change(session, State.RUNNING);
          look(session, provider);
        });
  }

  // Ports are known once it runs.
  private static void look(Live session, SessionProvider provider)
      throws SessionFailed, IOException, InterruptedException {
    if (session.record.services().isEmpty()) return;
    var found = provider.list().get(session.record.handle());
    if (found != null) session.ports = found.ports();
  }

  public View stop(String id, Time time) throws SessionFailed, IOException, InterruptedException {
    return exclusively(
        id,
        time,
        (session, provider) -> {
          provider.stop(session.record, STOP_GRACE);
          if (session.record.state() == State.RUNNING) change(session, State.STOPPED);
          session.ports = Map.of();
        });
  }

  public View destroy(String id, Time time)
      throws SessionFailed, IOException, InterruptedException {
    return exclusively(
        id,
        time,
        (session, provider) -> {
          change(session, State.DESTROYING);
          try {
            provider.destroy(session.record.handle());
            disks.release(session.record);
            store.remove(session.record.handle());
          } catch (SessionFailed | IOException | InterruptedException | RuntimeException e) {
            leftovers.add(session.record);
            throw e;
          } finally {
            live.remove(id, session);
          }
        });
  }

  /** Runs a program in a running session. Many may run at once. */
  public ShellOutput exec(String id, Call call)
      throws SessionFailed, IOException, InterruptedException {
    var session = find(id);
    if (session.record.state() != State.RUNNING) {
      throw new SessionFailed("session " + id + " is not running");
    }
    return providers.working(session.record.provider()).exec(session.record, call);
  }

  /** All sessions as they were last seen, by id in order. */
  public List<View> list() {
    return live.values().stream()
        .map(Sessions::view)
        .sorted((one, other) -> one.record().id().compareTo(other.record().id()))
        .toList();
  }

  public Optional<View> get(String id) {
    return Optional.ofNullable(live.get(id)).map(Sessions::view);
  }

  private static View view(Live session) {
    return new View(session.record, session.ports);
  }

  /**
   * Compares with what really exists: sessions that ended by themselves, that somebody else
   * removed, that the disk has lost, and what was left half made.
   */
  public void compare() throws InterruptedException {
    for (var provider : providers.working()) {
      var before = new IdentityHashMap<Live, SessionRecord>();
      live.values().forEach(session -> before.put(session, session.record));
      var found = providers.found(provider);
      if (found.isEmpty()) continue;
      before.forEach((session, record) -> {
        boolean its = record.provider().equals(provider.name());
        if (its) judge(session, record, provider, found.get().get(record.handle()));
      });
      adopt(provider, found.get());
      leftovers.remove(provider.name());
    }
  }

  // What was changed since is not judged by what was seen before.
  private void judge(Live session, SessionRecord before, SessionProvider provider, Found found) {
    if (!session.lock.tryLock()) return;
    try {
      boolean same = session.record == before && live.get(before.id()) == session;
      if (same && before.state() != State.CREATING) seen(session, found);
    } catch (IOException e) {
      providers.untold(provider, e);
    } finally {
      session.lock.unlock();
    }
  }

  private void seen(Live session, Found found) throws IOException {
    var record = session.record;
    if (found == null) {
      live.remove(record.id(), session);
      // What is on its disk nobody else has.
      if (record.quota().diskBytes() > 0) leftovers.add(record);
      else store.remove(record.handle());
      return;
    }
    if (found.running() && record.state() != State.RUNNING) change(session, State.RUNNING);
    if (!found.running() && record.state() == State.RUNNING) change(session, State.STOPPED);
    session.ports = found.ports();
  }

  private void adopt(SessionProvider provider, Map<String, Found> found) {
    var known = new ArrayList<String>();
    live.values().forEach(session -> known.add(session.record.handle()));
    for (var entry : found.entrySet()) {
      var record = entry.getValue().record();
      if (known.contains(entry.getKey()) || leftovers.has(entry.getKey()) || record == null) {
        continue;
      }
      var adopted = new Live(record.in(entry.getValue().running() ? State.RUNNING : State.STOPPED));
      adopted.ports = entry.getValue().ports();
      // One of another handle is newer: this one its owner believes to be gone.
      if (live.putIfAbsent(record.id(), adopted) != null) {
        leftovers.add(record);
        continue;
      }
      try {
        store.write(adopted.record);
      } catch (IOException e) {
        providers.untold(provider, e);
      }
    }
  }
}
