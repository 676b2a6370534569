package ai.vespid.agent.sandbox.lxc;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.Owner;
import ai.vespid.agent.sandbox.Ownership;
import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.sandbox.Sandbox;
import ai.vespid.agent.sandbox.SandboxFailed;
import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.sandbox.ShellTask;
import ai.vespid.agent.sandbox.docker.DockerOptions;
import ai.vespid.agent.workspace.Deletion;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.NetworkMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * Runs each script in a container of LXC, with the limits that the Docker options state. All
 * containers share one tree of system files, which none of them can write to.
 */
public final class LxcSandbox implements Sandbox {
  private static final String PREFIX = "VESPID_V";
  private static final Path APP_ARMOR = Path.of("/sys/module/apparmor/parameters/enabled");
  private static final long TRIAL_MS = 20_000;

  private final DockerOptions options;
  private final Path rootFs;
  private final Path state;
  private final ScriptProcess processes;
  private final UnaryOperator<String> environment;
  private final String namePrefix;
  private final LxcNetwork network;
  private final Set<String> running = ConcurrentHashMap.newKeySet();
  private final String execute;
  private volatile boolean tried;

  /**
   * @param rootFs the tree of system files
   * @param state a folder of this agent alone
   * @param network of containers that have one; null for none
   * @param environment looks a variable of the agent up; null when there is none
   */
  public LxcSandbox(
      DockerOptions options,
      Owner owner,
      Path rootFs,
      Path state,
      long killGraceMs,
      LxcNetwork network,
      UnaryOperator<String> environment) {
    this.network = network;
    this.options = options;
    this.rootFs = rootFs;
    this.state = state;
    this.environment = environment;
    var path = environment.apply("PATH") + ":/usr/sbin:/usr/bin:/sbin:/bin";
    this.processes = new ScriptProcess(owner.boot(), killGraceMs, path);
    this.execute = ScriptProcess.find("lxc-execute", path);
    this.namePrefix = "vespid-" + UUID.nameUUIDFromBytes(owner.agent().getBytes()) + '-';
  }

  @Override
  public String backend() {
    return "lxc";
  }

  @Override
  public boolean isolatesNetwork() {
    return true;
  }

  @Override
  public Probe probe() {
    if (execute == null) return failed("there is no lxc-execute: LXC is not installed");
    if (options.privileges().appArmorRequired() && !hasAppArmor()) {
      return failed("AppArmor is required, and the kernel has none");
    }
    if (!Files.isExecutable(rootFs.resolve("bin/sh"))) {
      return failed("there is no system with a bin/sh in " + rootFs);
    }
    try {
      if (!tried) {
        var why = trial();
        if (why != null) return failed(why);
        tried = true;
      }
      return new Probe.Works(ignored());
    } catch (IOException | SandboxFailed e) {
      return failed("a trial container cannot run: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed("it was interrupted");
    }
  }

  private static boolean hasAppArmor() {
    try {
      return Files.readString(APP_ARMOR).startsWith("Y");
    } catch (IOException e) {
      return false;
    }
  }

  // A sentence each.
  private List<String> ignored() {
    var ignored = new ArrayList<>(Cgroups.ignored());
    var privileges = options.privileges();
    if (privileges.appArmor() != null && !hasAppArmor()) {
      ignored.add("AppArmor: the kernel has none, and LXC ignores the profile");
    }
    if (!privileges.labels().isEmpty()) ignored.add("label: LXC is told of AppArmor alone");
    if (!options.files().storage().isEmpty()) ignored.add("storage: LXC has no quotas");
    return ignored;
  }

  private Probe failed(String why) {
    tried = false;
    return new Probe.Fails(why);
  }

  private String trial() throws SandboxFailed, IOException, InterruptedException {
    var folder = Files.createDirectories(state.resolve("trial"));
    var none = ShellTask.Wish.NONE;
    var task =
        new ShellTask("trial", 0, "pwd", "sh", Map.of(), List.of(), folder, TRIAL_MS, 100, none);
    var output = run(task, new Cancellation());
    return output.stdout().equals("/work\n")
        ? null
        : "a trial container does not do what it should";
  }

  /**
   * Removes what containers of a killed agent left beside their processes, which are ended as those
   * of the host are.
   */
  @Override
  public void endOrphans() {
    Cgroups.remove(name -> name.startsWith(namePrefix) && !running.contains(name));
    if (!Files.isDirectory(state)) return;
    try (var files = Files.newDirectoryStream(state, namePrefix + "*")) {
      for (var file : files) {
        var name = file.getFileName().toString().replaceFirst("\\.log$", "");
        if (running.contains(name)) continue;
        if (Files.isDirectory(file)) Deletion.of(file);
        else Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      return; // The next round tries again.
    }
  }

  @Override
  public ShellOutput run(ShellTask task, Cancellation cancellation)
      throws SandboxFailed, IOException, InterruptedException {
    var wish = task.wish().network();
    boolean wanted = wish == null ? options.network().byDefault() : wish == NetworkMode.ENABLED;
    var address = wanted && !options.network().disabled() ? lease() : null;
    try {
      return run(task, address, cancellation);
    } finally {
      if (address != null) network.release(address);
    }
  }

  private String lease() throws SandboxFailed {
    var address = network == null ? null : network.lease();
    if (address == null) throw new SandboxFailed(ErrorCode.SANDBOX_NETWORK_UNSUPPORTED.name());
    return address;
  }

  private ShellOutput run(ShellTask task, String address, Cancellation cancellation)
      throws SandboxFailed, IOException, InterruptedException {
    var user = options.privileges().user();
    Ownership.give(task.workDir(), user.uid(), user.gid());
    var name = namePrefix + UUID.randomUUID().toString().substring(0, 8);
    Files.createDirectories(state);
    var log = state.resolve(name + ".log");
    running.add(name);
    try {
      var output = processes.run(program(task, name, log, address), cancellation);
      if (output.exitCode() != null && output.exitCode() != 0 && couldNotStart(log)) {
        throw new SandboxFailed(ErrorCode.LXC_FAILED.name());
      }
      return output;
    } finally {
      Cgroups.remove(name::equals);
      Files.deleteIfExists(log);
      running.remove(name);
    }
  }

  private static boolean couldNotStart(Path log) throws IOException {
    return Files.exists(log) && Files.readString(log).contains("Failed to spawn container");
  }

  private ScriptProcess.Program program(ShellTask task, String name, Path log, String address)
      throws IOException {
    long timeoutMs =
        options.timeoutMsMax() == 0
            ? task.timeoutMs()
            : Math.min(options.timeoutMsMax(), task.timeoutMs());
    var variables = new HashMap<String, String>();
    // What lxc-execute itself would obey, such as LD_PRELOAD, comes in under names it does not
    // know.
    var prelude = new StringBuilder();
    wanted(task)
        .forEach((variable, value) -> {
          var alias = PREFIX + variables.size();
          variables.put(alias, value);
          prelude.append("export %s=\"$%s\"; unset %s; ".formatted(variable, alias, alias));
        });
    var command = new ArrayList<String>();
    command.addAll(List.of(execute, "-P", state.toString(), "-n", name, "-f", "/dev/null"));
    command.addAll(List.of("-o", log.toString(), "-l", "ERROR", "-q"));
    var settings = new LxcSettings(options, rootFs, policy(), settings(address));
    for (var setting : settings.of(task.workDir(), variables.keySet())) {
      command.addAll(List.of("-s", setting));
    }
    // LXC's init would wait for what a script leaves in the background.
    prelude.append("\"$@\"; code=$?; kill -9 -1 2>/dev/null; exit $code");
    command.addAll(List.of("--", "/bin/sh", "-c", prelude.toString(), "sh"));
    command.addAll(List.of(task.shell(), "-lc", task.script()));
    int charsMax = Math.min(task.outputCharsMax(), options.outputCharsMax());
    return new ScriptProcess.Program(
        backend(), command, task.workDir(), variables, timeoutMs, charsMax);
  }

  private Map<String, String> wanted(ShellTask task) throws IOException {
    var wanted = new HashMap<String, String>();
    for (var name : task.envPassthrough()) {
      var value = environment.apply(name);
      if (value != null) wanted.put(name, value);
    }
    wanted.putAll(task.env());
    for (var variable : wanted.entrySet()) {
      boolean name = variable.getKey().matches("[A-Za-z_][A-Za-z0-9_]*");
      if (!name || variable.getValue().indexOf('\0') >= 0) {
        // Without the value, which may be a secret.
        throw new IOException("the environment has a name or value that no process can have");
      }
    }
    return wanted;
  }

  private List<String> settings(String address) {
    return address == null ? LxcSettings.NO_NETWORK : network.settings(address);
  }

  /** Sessions beside its tasks, confined as they are. */
  public LxcSessions sessions(Path folder) {
    return new LxcSessions(
        new LxcSessions.Site(
            options, rootFs, folder, processes, environment.apply("PATH"), network),
        this);
  }

  // Written once; null for none.
  Path policy() throws IOException {
    var profile = options.privileges().seccomp();
    if (profile.equals("unconfined")) return null;
    var file = state.resolve("seccomp");
    var text = LxcPolicy.of(profile);
    if (!Files.exists(file) || !Files.readString(file).equals(text)) Files.writeString(file, text);
    return file;
  }
}
