package ai.vespid.agent.sandbox.qemu;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.Owner;
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
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * Runs each script in a virtual machine of its own, with the limits that the Docker options state
 * as far as a machine has them. What ends the machine ends everything in it.
 */
public final class QemuSandbox implements Sandbox {
  private static final String NAME = "vespid-task-";
  private static final String TASK = "task";
  private static final long TRIAL_MS = 60_000;
  private static final int CONSOLE_CHARS = 4_096;
  // Guests that worked in this process: a trial takes as long as a task.
  private static final Set<Path> TRIED = ConcurrentHashMap.newKeySet();

  private final Machine.Site site;
  private final Path state;
  private final ScriptProcess processes;
  private final UnaryOperator<String> environment;
  private final Set<Path> running = ConcurrentHashMap.newKeySet();

  /**
   * @param guest folder with {@code kernel} and {@code initrd}
   * @param state a folder of this agent alone
   * @param environment looks a variable of the agent up; null when there is none
   */
  public QemuSandbox(
      DockerOptions options,
      Owner owner,
      Path guest,
      Path state,
      long killGraceMs,
      UnaryOperator<String> environment) {
    this.site = new Machine.Site(options, guest.toAbsolutePath(), environment.apply("PATH"));
    this.state = state.toAbsolutePath();
    this.environment = environment;
    this.processes = new ScriptProcess(owner.boot(), killGraceMs, environment.apply("PATH"));
  }

  @Override
  public String backend() {
    return "qemu";
  }

  @Override
  public boolean isolatesNetwork() {
    return true;
  }

  @Override
  public Probe probe() {
    if (site.options().privileges().appArmorRequired()) {
      return failed("AppArmor is required, and machines have none");
    }
    for (var program : List.of("qemu-system-x86_64", "setpriv")) {
      if (site.program(program) == null) return failed("there is no " + program);
    }
    for (var file : List.of("kernel", "initrd")) {
      if (!Files.isReadable(site.guest().resolve(file))) {
        return failed("there is no " + file + " in " + site.guest() + "; qemu-guest makes it");
      }
    }
    try {
      if (!TRIED.contains(site.guest())) {
        var why = trial();
        if (why != null) return failed(why);
        TRIED.add(site.guest());
      }
      return new Probe.Works(ignored());
    } catch (IOException | SandboxFailed e) {
      return failed("a trial machine cannot run: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed("it was interrupted");
    }
  }

  private Probe failed(String why) {
    TRIED.remove(site.guest());
    return new Probe.Fails(why);
  }

  // A sentence each.
  private List<String> ignored() {
    var ignored = new ArrayList<String>();
    long nanoCpus = site.options().limits().nanoCpus();
    if (nanoCpus % 1_000_000_000 != 0) ignored.add("cpus: processors of a machine are whole");
    var files = site.options().files();
    if (!files.mounts().isEmpty()) ignored.add("mounts: a machine has none");
    if (!files.storage().isEmpty()) ignored.add("storage: a machine has no disk");
    if (!Set.of("/tmp").containsAll(files.tmpfs().keySet())) {
      ignored.add("tmpfs: a machine has /tmp alone");
    }
    for (var limit : site.options().limits().ulimits()) {
      boolean known = limit.getName().matches("nofile|core");
      if (!known) ignored.add("ulimits: a machine knows no " + limit.getName());
    }
    var privileges = site.options().privileges();
    if (privileges.appArmor() != null || !privileges.labels().isEmpty()) {
      ignored.add("AppArmor and label: a machine has none");
    }
    return ignored;
  }

  private String trial() throws SandboxFailed, IOException, InterruptedException {
    var folder = Files.createDirectories(state.resolve("trial"));
    var none = ShellTask.Wish.NONE;
    var task =
        new ShellTask("trial", 0, "pwd", "sh", Map.of(), List.of(), folder, TRIAL_MS, 100, none);
    var output = run(task, new Cancellation());
    if (output.timedOut()) return "a trial machine did not end in time";
    return output.stdout().equals("/work\n") ? null : "a trial machine does not do what it should";
  }

  /** Removes what a killed agent left beside its machines, which are ended as its processes are. */
  @Override
  public void endOrphans() {
    if (!Files.isDirectory(state)) return;
    try (var folders = Files.newDirectoryStream(state, NAME + "*")) {
      for (var folder : folders) {
        if (!running.contains(folder)) Deletion.of(folder);
      }
    } catch (IOException e) {
      return; // The next round tries again.
    }
  }

  @Override
  public ShellOutput run(ShellTask task, Cancellation cancellation)
      throws SandboxFailed, IOException, InterruptedException {
    var wish = task.wish().network();
    var network = site.options().network();
    boolean wanted = wish == null ? network.byDefault() : wish == NetworkMode.ENABLED;
    if (wanted && !network.disabled()) {
      throw new SandboxFailed(ErrorCode.SANDBOX_NETWORK_UNSUPPORTED.name());
    }
    var variables = variables(task);
    var control = state.resolve(NAME + UUID.randomUUID());
    running.add(control);
    try {
      // Its task may hold secrets.
      Files.createDirectories(
          control,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      return runIn(control, task, variables, cancellation);
    } finally {
      Deletion.of(control);
      running.remove(control);
    }
  }

  private ShellOutput runIn(
      Path control, ShellTask task, Map<String, String> variables, Cancellation cancellation)
      throws SandboxFailed, IOException, InterruptedException {
    var options = site.options();
    int charsMax = Math.min(task.outputCharsMax(), options.outputCharsMax());
    var exchange = new Exchange(control.resolve(TASK), charsMax);
    // As a login shell would, but what the machine has for one is known.
    var program = "exec " + task.shell() + " -c " + Machine.quoted(task.script());
    exchange.ask(program, variables, options.privileges().user());
    var machine =
        new Machine(
            site,
            control.getFileName().toString(),
            control,
            task.workDir(),
            "/work",
            options.limits());
    machine.prepare(Machine.Mode.TASK, MachinePorts.NONE);
    long timeoutMs =
        options.timeoutMsMax() == 0
            ? task.timeoutMs()
            : Math.min(options.timeoutMsMax(), task.timeoutMs());
    var ended =
        processes.run(
            new ScriptProcess.Program(
                backend(),
                machine.command(null, MachinePorts.NONE),
                control,
                Map.of(),
                timeoutMs,
                CONSOLE_CHARS),
            cancellation);
    var code = exchange.code();
    if (code != null) return exchange.output(backend(), code, false);
    // It ended by itself, and told nothing.
    if (ended.exitCode() != null) throw new SandboxFailed(ErrorCode.QEMU_FAILED.name());
    return exchange.output(backend(), null, ended.timedOut());
  }

  private Map<String, String> variables(ShellTask task) throws IOException {
    var variables = new HashMap<String, String>();
    for (var name : task.envPassthrough()) {
      var value = environment.apply(name);
      if (value != null) variables.put(name, value);
    }
    variables.putAll(task.env());
    for (var variable : variables.entrySet()) {
      boolean name = variable.getKey().matches("[A-Za-z_][A-Za-z0-9_]*");
      if (!name || variable.getValue().indexOf('\0') >= 0) {
        // Without the value, which may be a secret.
        throw new IOException("the environment has a name or value that no process can have");
      }
    }
    return variables;
  }

  /** Sessions in machines of the same kind. */
  public QemuSessions sessions(Path folder) {
    return new QemuSessions(site, folder, processes, this::probe);
  }
}
