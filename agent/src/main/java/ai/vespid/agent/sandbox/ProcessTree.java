package ai.vespid.agent.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything one script started, however far it moved away: its descendants, the members of its
 * session, and every process that inherited its marker variable. The last finds what was started
 * with {@code nohup}, {@code setsid} or a double fork and so has no other tie to the script.
 *
 * <p>A process that drops its environment, leaves the session and loses its parent is out of reach
 * here; a script that may do so belongs into a container.
 */
final class ProcessTree {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessTree.class);
  private static final Path PROC = Path.of("/proc");
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long FORCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final String IGNORED = "SigIgn:";
  private static final long TERM = 1L << 14;

  // Of the fields behind the name: ticks of the clock since the machine was started.
  private static final int STARTED = 19;

  private final Process root;
  private final long since;
  private final String marker;
  private final boolean ownSession;

  /** One line of the process table. */
  private record Entry(long pid, long parent, long session, long started, ProcessHandle handle) {}

  /**
   * @param root null when it is gone
   * @param marker the variable with its value, as in {@code NAME=value}, or the beginning of it
   * @param ownSession whether the root leads a session that nothing else is in
   */
  ProcessTree(Process root, String marker, boolean ownSession) {
    this.root = root;
    this.marker = marker;
    this.ownSession = ownSession;
    this.since = root == null ? 0 : started(root.toHandle());
  }

  // 0 when it is gone already: then all are asked.
  private static long started(ProcessHandle root) {
    var entry = Files.isDirectory(PROC) ? entry(root) : null;
    return entry == null ? 0 : entry.started;
  }

  /** Whatever carries the marker, after the process that started it is gone. */
  static ProcessTree orphans(String marker) {
    return new ProcessTree(null, marker, false);
  }

  /** Asks all of them to end, and after the grace makes them; returns when none is left. */
  void kill(long graceNanos) {
    long start = System.nanoTime();
    var asked = new HashSet<ProcessHandle>();
    boolean interrupted = false;
    for (var alive = alive(); !alive.isEmpty(); alive = alive()) {
      long spent = System.nanoTime() - start;
      if (spent > graceNanos + FORCE_NANOS) {
        LOG.warn("{} processes of a script cannot be killed", alive.size());
        break;
      }
      for (var handle : alive) if (asked.add(handle)) ask(handle);
      interrupted |= await(asked, interrupted ? 0 : graceNanos - spent);
      boolean force = interrupted || System.nanoTime() - start >= graceNanos;
      if (!force) continue;
      asked.forEach(ProcessHandle::destroyForcibly);
      // Whoever interrupts us wants to be done: no more grace, but nothing is left behind either.
      interrupted |= await(asked, FORCE_NANOS);
    }
    if (interrupted) Thread.currentThread().interrupt();
  }

  // One that does not hear it is not waited for.
  private static void ask(ProcessHandle handle) {
    if (ignoresTerm(handle.pid())) handle.destroyForcibly();
    else handle.destroy();
  }

  private static boolean ignoresTerm(long pid) {
    try {
      return read(pid, "status")
          .lines()
          .filter(line -> line.startsWith(IGNORED))
          .map(line -> Long.parseUnsignedLong(line.substring(IGNORED.length()).strip(), 16))
          .anyMatch(signals -> (signals & TERM) != 0);
    } catch (IOException e) {
      return false; // Gone, or this system has no such table.
    }
  }

  // Only those that are known are looked at: the table of all processes takes its time to read.
  private static boolean await(Collection<ProcessHandle> ending, long nanos) {
    long limit = System.nanoTime() + nanos;
    boolean interrupted = Thread.interrupted();
    while (!interrupted
        && System.nanoTime() - limit < 0
        && ending.stream().anyMatch(ProcessTree::lives)) {
      LockSupport.parkNanos(PAUSE_NANOS);
      interrupted = Thread.interrupted();
    }
    return interrupted;
  }

  // One that is dead and that nobody has asked about lives for Java.
  private static boolean lives(ProcessHandle handle) {
    return handle.isAlive() && (!Files.isDirectory(PROC) || entry(handle) != null);
  }

  boolean anyAlive() {
    return !alive().isEmpty();
  }

  private List<ProcessHandle> alive() {
    if (!Files.isDirectory(PROC)) {
      if (root == null) return List.of();
      var handles = new ArrayList<>(root.descendants().toList());
      if (root.isAlive()) handles.add(root.toHandle());
      return handles;
    }
    var entries = table();
    Set<Long> members = new HashSet<>();
    if (root != null && root.isAlive()) members.add(root.pid());
    for (var entry : entries) {
      boolean inSession = ownSession && entry.session == root.pid();
      // What was there before the script is none of it, and need not be asked.
      boolean later = entry.started >= since;
      if (inSession || later && marked(entry.pid)) members.add(entry.pid);
    }
    boolean grown = true;
    while (grown) {
      grown = false;
      for (var entry : entries) {
        if (members.contains(entry.parent)) grown |= members.add(entry.pid);
      }
    }
    return entries.stream().filter(e -> members.contains(e.pid)).map(Entry::handle).toList();
  }

  private static List<Entry> table() {
    var entries = new ArrayList<Entry>();
    // The handle is taken before the table is read: it remembers the start time, so a signal never
    // reaches another process that got the same number later.
    ProcessHandle.allProcesses()
        .forEach(handle -> {
          var entry = entry(handle);
          if (entry != null) entries.add(entry);
        });
    return entries;
  }

  private static Entry entry(ProcessHandle handle) {
    try {
      var stat = read(handle.pid(), "stat");
      // The name in parentheses may hold anything, so fields count from its last parenthesis.
      var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      boolean dead = fields[0].equals("Z") || fields[0].equals("X");
      if (dead) return null;
      return new Entry(
          handle.pid(),
          Long.parseLong(fields[1]),
          Long.parseLong(fields[3]),
          Long.parseLong(fields[STARTED]),
          handle);
    } catch (IOException e) {
      return null; // Gone since it was listed.
    }
  }

  private boolean marked(long pid) {
    try {
      return read(pid, "environ").contains(marker);
    } catch (IOException e) {
      return false; // Gone, or another user's.
    }
  }

  private static String read(long pid, String file) throws IOException {
    var bytes = Files.readAllBytes(PROC.resolve(Long.toString(pid)).resolve(file));
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
