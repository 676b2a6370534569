package ai.vespid.agent.sandbox.lxc;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.Ownership;
import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.sandbox.docker.DockerOptions;
import ai.vespid.agent.session.CallMark;
import ai.vespid.agent.session.Quota;
import ai.vespid.agent.session.SessionFailed;
import ai.vespid.agent.session.SessionFolder;
import ai.vespid.agent.session.SessionProvider;
import ai.vespid.agent.session.SessionRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sessions in containers of LXC, with the limits that the Docker options state. Each has a folder
 * with what LXC is told about it; the files of the system are those of all.
 */
public final class LxcSessions implements SessionProvider {
  private static final String NAME = "vespid-session-";
  private static final String ALIAS = "VESPID_V";
  private static final String NO_NETWORK = "SANDBOX_NETWORK_UNSUPPORTED: ";
  private static final String ADDRESS = "address";
  private static final long TOOL_MS = 30_000;
  private static final int TOOL_CHARS = 4_096;
  private static final String WAIT =
      "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done";

  private final Site site;
  private final LxcSandbox sandbox;
  private final SessionFolder folders;
  private final String path;
  private final LxcPorts ports = new LxcPorts();

  /**
   * Where all of it is.
   *
   * @param folder of this agent alone
   * @param path where programs are; may be null
   * @param network null for none
   */
  record Site(
      DockerOptions options,
      Path rootFs,
      Path folder,
      ScriptProcess processes,
      String path,
      LxcNetwork network) {}

  LxcSessions(Site site, LxcSandbox sandbox) {
    this.site = site;
    this.sandbox = sandbox;
    this.folders = new SessionFolder(site.folder(), NAME);
    this.path = site.path() + ":/usr/sbin:/usr/bin:/sbin:/bin";
  }

  @Override
  public String name() {
    return "lxc";
  }

  @Override
  public Probe probe() {
    var found = sandbox.probe();
    if (!(found instanceof Probe.Works)) return found;
    try {
      // What none of them can change needs a place for the workspace before.
      Files.createDirectories(site.rootFs().resolve(WORKSPACE.substring(1)));
      return found;
    } catch (IOException e) {
      return new Probe.Fails("there is no folder workspace in " + site.rootFs());
    }
  }

  @Override
  public Quota usual() {
    return new Quota(site.options().limits().memoryBytes(), site.options().limits().nanoCpus(), 0);
  }

  @Override
  public boolean network(Boolean wish, Map<String, Integer> services) throws SessionFailed {
    boolean needed = services != null && !services.isEmpty();
    var options = site.options().network();
    boolean wanted = wish == null ? needed || options.byDefault() : wish;
    if (needed && !wanted) throw new SessionFailed(NO_NETWORK + "services need a network");
    if (wanted && (site.network() == null || options.disabled())) {
      throw new SessionFailed(NO_NETWORK + "there is no bridge for lxc");
    }
    return wanted;
  }

  @Override
  public void create(SessionRecord session, Time time)
      throws SessionFailed, IOException, InterruptedException {
    if (session.image() != null) {
      throw new SessionFailed("SANDBOX_IMAGE_NOT_ALLOWED: sessions of lxc have no image");
    }
    if (session.quota().diskBytes() > 0 && !site.options().files().readOnly()) {
      throw new SessionFailed(
          "DISK_LIMIT_UNSUPPORTED: sessions of lxc can write to the files of the system");
    }
    var user = site.options().privileges().user();
    var workspace = Path.of(session.workspace());
    Ownership.give(workspace, user.uid(), user.gid());
    var folder = folders.make(session.handle());
    var limited = site.options().with(session.quota().memoryBytes(), session.quota().nanoCpus());
    var network = session.network() ? network(folder) : LxcSettings.NO_NETWORK;
    var settings =
        new LxcSettings(limited, site.rootFs(), sandbox.policy(), network).of(workspace, WORKSPACE);
    settings.add("lxc.signal.halt=SIGTERM");
    Files.write(folder.resolve("config"), settings);
    folders.remember(session);
  }

  private List<String> network(Path folder) throws SessionFailed, IOException {
    // Those of sessions that are there since before this process.
    for (var handle : folders.handles()) {
      var file = folders.of(handle).resolve(ADDRESS);
      if (Files.exists(file)) site.network().keep(Files.readString(file));
    }
    var address = site.network().lease();
    if (address == null) throw new SessionFailed("no address is left on the bridge");
    Files.writeString(folder.resolve(ADDRESS), address);
    return site.network().settings(address);
  }

  @Override
  public void start(SessionRecord session, Time time)
      throws SessionFailed, IOException, InterruptedException {
    if (running(session.handle())) return;
    var log = folders.of(session.handle()).resolve("log");
    Files.deleteIfExists(log);
    // Without the mark of this process, or the next one would end what is meant to stay.
    var command = new ArrayList<>(List.of("/usr/bin/env", "-u", ScriptProcess.MARKER));
    command.addAll(tool("lxc-start", session.handle()));
    command.addAll(List.of("-d", "-o", log.toString(), "-l", "ERROR"));
    command.addAll(List.of("--", "/bin/sh", "-c", WAIT));
    var output = quietly(command, time.timeoutMs(), time.cancellation());
    if (output.timedOut()) throw SessionFailed.timedOut("lxc-start");
    if (output.exitCode() == null || output.exitCode() != 0 || !running(session.handle())) {
      throw new SessionFailed("lxc-start failed");
    }
  }

  private List<String> tool(String program, String handle) throws SessionFailed {
    var found = ScriptProcess.find(program, path);
    if (found == null) throw new SessionFailed("there is no " + program);
    var command = new ArrayList<String>();
    command.addAll(List.of(found, "-P", folders.root().toString(), "-n", NAME + handle));
    return command;
  }

  private ShellOutput quietly(List<String> command, long timeoutMs, Cancellation cancellation)
      throws IOException, InterruptedException {
    return site.processes()
        .runAlone(program(command, Map.of(), timeoutMs, TOOL_CHARS), cancellation);
  }

  private ScriptProcess.Program program(
      List<String> command, Map<String, String> variables, long timeoutMs, int charsMax) {
    return new ScriptProcess.Program(
        name(), command, folders.root(), variables, timeoutMs, charsMax);
  }

  private boolean running(String handle) throws SessionFailed, IOException, InterruptedException {
    var command = tool("lxc-info", handle);
    command.addAll(List.of("-s", "-H"));
    var output = quietly(command, TOOL_MS, new Cancellation());
    return output.stdout().strip().equals("RUNNING");
  }

  @Override
  public void stop(SessionRecord session, Duration grace)
      throws SessionFailed, IOException, InterruptedException {
    ports.close(session.handle());
    if (!running(session.handle())) return;
    var command = tool("lxc-stop", session.handle());
    command.addAll(List.of("-t", Long.toString(grace.toSeconds())));
    quietly(command, grace.toMillis() + TOOL_MS, new Cancellation());
    if (running(session.handle())) kill(session.handle());
  }

  private void kill(String handle) throws SessionFailed, IOException, InterruptedException {
    var command = tool("lxc-stop", handle);
    command.add("-k");
    quietly(command, TOOL_MS, new Cancellation());
    if (running(handle)) throw new SessionFailed("its container does not end");
  }

  @Override
  public void destroy(String handle) throws SessionFailed, IOException, InterruptedException {
    ports.close(handle);
    if (!folders.exists(handle)) return;
    if (running(handle)) kill(handle);
    Cgroups.remove((NAME + handle)::equals);
    var address = folders.of(handle).resolve(ADDRESS);
    if (site.network() != null && Files.exists(address)) {
      site.network().release(Files.readString(address));
    }
    folders.remove(handle);
  }

  @Override
  public ShellOutput exec(SessionRecord session, Call call)
      throws SessionFailed, IOException, InterruptedException {
    if (!running(session.handle())) throw new SessionFailed("its container does not run");
    var mark = CallMark.fresh();
    var wanted = new HashMap<>(session.variables());
    wanted.putAll(call.env());
    wanted.put(CallMark.VARIABLE, mark.value());
    int charsMax = Math.min(call.outputCharsMax(), site.options().outputCharsMax());
    var output =
        site.processes()
            .runAlone(
                inside(session.handle(), call.command(), wanted, call.timeoutMs(), charsMax),
                call.cancellation());
    if (output.exitCode() == null) {
      var killer = inside(session.handle(), mark.killer(), Map.of(), TOOL_MS, TOOL_CHARS);
      var killed = site.processes().runAlone(killer, new Cancellation());
      // Where nothing can be started any more, all of it has to end.
      if (!killed.stdout().startsWith(CallMark.GONE)) kill(session.handle());
    }
    return output;
  }

  // What lxc-attach itself would obey, such as LD_PRELOAD, comes in under names it does not know.
  private ScriptProcess.Program inside(
      String handle, List<String> program, Map<String, String> wanted, long timeoutMs, int charsMax)
      throws SessionFailed {
    var user = site.options().privileges().user();
    var command = tool("lxc-attach", handle);
    command.addAll(List.of("-u", "" + user.uid(), "-g", "" + user.gid(), "--clear-env"));
    var variables = new HashMap<String, String>();
    var prelude = new StringBuilder("cd " + WORKSPACE + "; ");
    for (var variable : wanted.entrySet()) {
      var alias = ALIAS + variables.size();
      variables.put(alias, variable.getValue());
      command.addAll(List.of("--keep-var", alias));
      prelude.append("export %s=\"$%s\"; unset %s; ".formatted(variable.getKey(), alias, alias));
    }
    prelude.append("exec \"$@\"");
    command.addAll(List.of("--", "/bin/sh", "-c", prelude.toString(), "sh"));
    command.addAll(program);
    return program(command, variables, timeoutMs, charsMax);
  }

  @Override
  public Map<String, Found> list() throws SessionFailed, IOException, InterruptedException {
    var found = new HashMap<String, Found>();
    for (var handle : folders.handles()) {
      var record = folders.recall(handle);
      boolean running = running(handle);
      if (!running) ports.close(handle);
      found.put(handle, new Found(record, running, running ? ports(record) : Map.of()));
    }
    return found;
  }

  private Map<String, Integer> ports(SessionRecord session) throws IOException {
    if (session == null || session.services().isEmpty()) return Map.of();
    var address = folders.of(session.handle()).resolve(ADDRESS);
    var before = folders.ports(session.handle());
    var now = ports.open(session, Files.readString(address), before);
    if (!now.equals(before)) folders.rememberPorts(session.handle(), now);
    return now;
  }
}
