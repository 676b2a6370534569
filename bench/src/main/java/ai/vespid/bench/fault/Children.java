package ai.vespid.bench.fault;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** All processes of a run. From when it is ended none begins, and none is left when it has. */
final class Children implements AutoCloseable {
  private final Set<Child> started = new LinkedHashSet<>();
  private boolean ending;

  /**
   * Starts one; what it says on standard error is appended to {@code log}.
   *
   * @throws IllegalStateException when the run is being ended
   */
  synchronized Child start(String name, ProcessBuilder builder, Path log) {
    if (ending) throw new IllegalStateException("the run ends: " + name + " is not started");
    var child = Child.start(name, builder, log);
    started.removeIf(before -> !before.isAlive());
    started.add(child);
    return child;
  }

  /** From now on none begins, whatever the run is doing at the moment. */
  synchronized void noMore() {
    ending = true;
  }

  private synchronized List<Child> all() {
    return List.copyOf(started);
  }

  @Override
  public void close() {
    noMore();
    all().forEach(Child::close);
  }
}
