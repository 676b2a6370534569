package ai.vespid.agent.sandbox.qemu;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.Ownership;
import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.session.CallMark;
import ai.vespid.agent.session.Quota;
import ai.vespid.agent.session.SessionFailed;
import ai.vespid.agent.session.SessionFolder;
import ai.vespid.agent.session.SessionProvider;
import ai.vespid.agent.session.SessionRecord;
import ai.vespid.agent.workspace.Deletion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Sessions in virtual machines of their own. A machine goes on without the agent; it is found again
 * by its folder and the process that names that folder.
 */
public final class QemuSessions implements SessionProvider {
  private static final String NAME = "vespid-session-";
  private static final String NO_NETWORK = "SANDBOX_NETWORK_UNSUPPORTED: ";
  private static final String BELL = "bell";
  private static final int STARTS_MAX = 3;
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long KILL_MS = 20_000;
  private static final int KILL_CHARS = 100;
  private static final long TOOL_MS = 10_000;

  private final Machine.Site site;
  private final SessionFolder folders;
  private final ScriptProcess processes;
  private final Supplier<Probe> probe;

  QemuSessions(Machine.Site site, Path folder, ScriptProcess processes, Supplier<Probe> probe) {
    this.site = site;
    this.folders = new SessionFolder(folder.toAbsolutePath(), NAME);
    this.processes = processes;
    this.probe = probe;
  }

  @Override
  public String name() {
    return "qemu";
  }

  @Override
  public Probe probe() {
    return probe.get();
  }

  @Override
  public Quota usual() {
    return new Quota(site.options().limits().memoryBytes(), site.options().limits().nanoCpus(), 0);
  }

  @Override
  public boolean network(Boolean wish, Map<String, Integer> services) throws SessionFailed {
    if (Boolean.TRUE.equals(wish)) {
      throw new SessionFailed(NO_NETWORK + "sessions of qemu have no way out");
    }
    return false; // Services have ports that lead in, and nothing leads out.
  }

  private Path control(String handle) {
    return folders.of(handle).resolve("control");
  }

  private Machine machine(SessionRecord session) {
    var limited = site.options().with(session.quota().memoryBytes(), session.quota().nanoCpus());
    return new Machine(
        site,
        NAME + session.handle(),
        control(session.handle()),
        Path.of(session.workspace()),
        WORKSPACE,
        limited.limits());
  }

  @Override
  public void create(SessionRecord session, Time time)
      throws SessionFailed, IOException, InterruptedException {
    if (session.image() != null) {
      throw new SessionFailed("SANDBOX_IMAGE_NOT_ALLOWED: sessions of qemu have no image");
    }
    var user = site.options().privileges().user();
    Ownership.give(Path.of(session.workspace()), user.uid(), user.gid());
    folders.make(session.handle());
    Files.createDirectories(control(session.handle()));
    folders.remember(session);
  }

  @Override
  public void start(SessionRecord session, Time time)
      throws SessionFailed, IOException, InterruptedException {
    if (process(session.handle()).isPresent()) return;
    // Where another program took a port meanwhile, others are chosen.
    for (int attempt = 1; !begin(session, time); attempt++) {
      if (attempt == STARTS_MAX) throw new SessionFailed("its machine ended");
    }
  }

  /** False when it ended over a port that is taken. */
  private boolean begin(SessionRecord session, Time time)
      throws SessionFailed, IOException, InterruptedException {
    var handle = session.handle();
    // What the last one left is none of this one's.
    Deletion.of(control(handle));
    Files.createDirectories(control(handle));
    var machine = machine(session);
    var ports = MachinePorts.choose(session.services(), folders.ports(handle));
    if (ports.any()) folders.rememberPorts(handle, ports.here());
    machine.prepare(Machine.Mode.SESSION, ports);
    passable(handle);
    bell(handle);
    var log = folders.of(handle).resolve("console");
    // In a session of its own and without the mark of this process: it stays when that goes.
    var command = new ArrayList<>(List.of(site.program("setsid"), "--fork"));
    command.addAll(machine.command(BELL, ports));
    var builder = new ProcessBuilder(command).directory(folders.of(handle).toFile());
    builder.redirectInput(Path.of("/dev/null").toFile());
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().clear();
    builder.start().waitFor(TOOL_MS, TimeUnit.MILLISECONDS);
    var up = control(handle).resolve("up");
    boolean begun = until(time, () -> Files.exists(up) || ended(handle));
    if (Files.exists(up)) {
      served(session, up);
      return true;
    }
    kill(handle);
    if (!begun) throw SessionFailed.timedOut("its machine");
    if (ports.any() && Files.readString(log).contains("host forwarding")) return false;
    throw new SessionFailed("its machine ended");
  }

  // One that was made before there were ports would serve, and nobody would reach it.
  private void served(SessionRecord session, Path up) throws SessionFailed, IOException {
    if (session.services().isEmpty() || Files.readString(up).contains(MachinePorts.ADDRESS)) return;
    kill(session.handle());
    throw new SessionFailed(
        NO_NETWORK + "the guest has no driver for it; qemu-guest makes it anew");
  }

  // Whom the machine runs as enters the folder, and nobody can list it.
  private void passable(String handle) throws IOException {
    if (!Machine.isRoot()) return;
    var user = site.options().privileges().user();
    Files.setAttribute(folders.of(handle), "unix:gid", user.gid());
    Files.setAttribute(folders.of(handle), "unix:mode", 0710);
  }

  private void bell(String handle) throws SessionFailed, IOException, InterruptedException {
    var user = site.options().privileges().user();
    for (var end : List.of(".in", ".out")) {
      var pipe = folders.of(handle).resolve(BELL + end);
      if (!Files.exists(pipe)) {
        var made = new ProcessBuilder("mkfifo", "-m", "600", pipe.toString()).start();
        if (!made.waitFor(TOOL_MS, TimeUnit.MILLISECONDS) || made.exitValue() != 0) {
          throw new SessionFailed("mkfifo failed");
        }
      }
      if (Machine.isRoot()) {
        Files.setAttribute(pipe, "unix:uid", user.uid());
        Files.setAttribute(pipe, "unix:gid", user.gid());
      }
    }
  }

  // Its command line has its name, which no other one has.
  private Optional<ProcessHandle> process(String handle) {
    var name = '\0' + NAME + handle + '\0';
    return ProcessHandle.allProcesses()
        .filter(process -> {
          try {
            var line = Files.readAllBytes(Path.of("/proc", "" + process.pid(), "cmdline"));
            var text = new String(line, StandardCharsets.UTF_8);
            return text.contains("qemu-system") && text.contains(name);
          } catch (IOException e) {
            return false; // Gone since it was listed.
          }
        })
        .findFirst();
  }

  // While it becomes another program a process has no command line for a moment.
  private boolean ended(String handle) {
    if (process(handle).isPresent()) return false;
    LockSupport.parkNanos(5 * LOOK_NANOS);
    return process(handle).isEmpty();
  }

  private static boolean until(Time time, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(time.timeoutMs());
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline || time.cancellation().cancelled()) return false;
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return true;
  }

  private void ring(String handle, String line) throws IOException {
    var pipe = folders.of(handle).resolve(BELL + ".in");
    // The machine holds it open at both ends, so this waits for nobody.
    Files.writeString(pipe, line + '\n', StandardOpenOption.WRITE);
  }

  @Override
  public void stop(SessionRecord session, Duration grace)
      throws SessionFailed, IOException, InterruptedException {
    var handle = session.handle();
    if (process(handle).isEmpty()) return;
    ring(handle, "stop now");
    var time = new Time(grace.toMillis(), new Cancellation());
    if (!until(time, () -> process(handle).isEmpty())) kill(handle);
  }

  private void kill(String handle) throws SessionFailed {
    process(handle).ifPresent(ProcessHandle::destroyForcibly);
    var time = new Time(TOOL_MS, new Cancellation());
    if (!until(time, () -> process(handle).isEmpty())) {
      throw new SessionFailed("its machine does not end");
    }
  }

  @Override
  public void destroy(String handle) throws SessionFailed, IOException, InterruptedException {
    kill(handle);
    folders.remove(handle);
  }

  @Override
  public ShellOutput exec(SessionRecord session, Call call)
      throws SessionFailed, IOException, InterruptedException {
    var handle = session.handle();
    var machine = process(handle).orElseThrow(() -> new SessionFailed("its machine does not run"));
    var mark = CallMark.fresh();
    var variables = new HashMap<>(session.variables());
    variables.putAll(call.env());
    variables.put(CallMark.VARIABLE, mark.value());
    int charsMax = Math.min(call.outputCharsMax(), site.options().outputCharsMax());
    var time = new Time(call.timeoutMs(), call.cancellation());
    var output = call(machine, handle, call.command(), variables, charsMax, time);
    if (output.exitCode() == null) {
      var killer = new Time(KILL_MS, new Cancellation());
      var killed = call(machine, handle, mark.killer(), Map.of(), KILL_CHARS, killer);
      // Where nothing can be started any more, all of it has to end.
      if (!killed.stdout().startsWith(CallMark.GONE)) kill(handle);
    }
    return output;
  }

  private ShellOutput call(
      ProcessHandle machine,
      String handle,
      List<String> program,
      Map<String, String> variables,
      int charsMax,
      Time time)
      throws SessionFailed, IOException {
    var id = "call-" + UUID.randomUUID();
    var exchange = new Exchange(control(handle).resolve(id), charsMax);
    try {
      exchange.ask(
          "exec " + Machine.quoted(program), variables, site.options().privileges().user());
      ring(handle, "call " + id);
      Integer code = null;
      long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(time.timeoutMs());
      while (code == null && System.nanoTime() < deadline && !time.cancellation().cancelled()) {
        LockSupport.parkNanos(POLL_NANOS);
        code = exchange.code();
        if (code == null && !machine.isAlive()) {
          throw new SessionFailed("its machine ended");
        }
      }
      boolean late = code == null && !time.cancellation().cancelled();
      return exchange.output(name(), code, late);
    } finally {
      Deletion.of(control(handle).resolve(id));
    }
  }

  @Override
  public Map<String, Found> list() throws SessionFailed, IOException, InterruptedException {
    var found = new HashMap<String, Found>();
    for (var handle : folders.handles()) {
      boolean running = process(handle).isPresent();
      var ports = running ? folders.ports(handle) : Map.<String, Integer>of();
      found.put(handle, new Found(folders.recall(handle), running, ports));
    }
    return found;
  }
}
