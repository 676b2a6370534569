package ai.vespid.bench.fault;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * All processes of a site but its agents and callers get a seventh of the machine only, as beside a
 * greedy neighbour: they are stopped most of the time, many times a second.
 */
final class Starvation {
  private static final long STOPPED_MS = 140;
  // And as long again until the signal has gone out.
  private static final long RUN_MS = 10;

  private final Site site;

  Starvation(Site site) {
    this.site = site;
  }

  /** Blocks for so long; they run as before when it returns. */
  void last(long forMs) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(forMs);
    try {
      while (System.nanoTime() - end < 0) {
        Child.signal(processes(), "STOP");
        TimeUnit.MILLISECONDS.sleep(STOPPED_MS);
        Child.signal(processes(), "CONT");
        TimeUnit.MILLISECONDS.sleep(RUN_MS);
      }
    } finally {
      Child.signal(processes(), "CONT");
    }
  }

  // Every time anew: the database has a process for each connection.
  private List<Long> processes() {
    var gateways = site.gateways().stream().map(gateway -> gateway.child().pid());
    return Stream.concat(gateways, site.stores().pids().stream()).toList();
  }
}
