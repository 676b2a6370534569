package ai.vespid.agent.engine;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.agent.settings.Settings;
import ai.vespid.agent.workspace.Deletion;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.executor.ExecutorFrame.EngineAuth;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * All engines of an agent and which of them work. They are asked again and again; one that is not
 * there, or has no login, is not offered.
 *
 * <p>Safe for use by many threads.
 */
public final class NodeEngines {
  private static final List<EngineCli> KNOWN =
      List.of(new ClaudeCli(), new CodexCli(), new OpencodeCli());

  // With the second that a cancelled engine may take, there is time to look for what it left.
  private static final long KILL_GRACE_MS = 300;

  private final EngineSettings settings;
  private final List<EngineProgram> programs;

  /**
   * @param bootId this process; everything it starts is marked with it
   * @param scratchRoot a folder of this agent's own; what is in it is removed
   * @param environment looks a variable of the agent up; null when there is none
   */
  public NodeEngines(
      EngineSettings settings, String bootId, Path scratchRoot, UnaryOperator<String> environment)
      throws IOException {
    this.settings = settings;
    var root = scratchRoot.toAbsolutePath();
    Deletion.of(root);
    Files.createDirectories(
        root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    var processes = new ScriptProcess(bootId, KILL_GRACE_MS, environment.apply("PATH"));
    programs =
        KNOWN.stream()
            .filter(cli -> settings.enabled().contains(cli.name()))
            .map(cli -> new EngineProgram(cli, settings, processes, root, environment))
            .toList();
  }

  private NodeEngines(EngineSettings settings, List<EngineProgram> programs) {
    this.settings = settings;
    this.programs = programs;
  }

  /** An agent without any. */
  public static NodeEngines none() {
    return new NodeEngines(EngineSettings.of(Settings.empty()), List.of());
  }

  public Duration probeEvery() {
    return settings.probeEvery();
  }

  public EventStream.Limits stream() {
    return settings.stream();
  }

  /** Asks all of them anew, all at once (C13). Blocks. */
  public void probe() throws InterruptedException {
    var threads = new ArrayList<Thread>();
    for (var program : programs) {
      threads.add(Thread.ofVirtual().name("engine-probe").start(() -> probe(program)));
    }
    for (var thread : threads) thread.join();
  }

  private static void probe(EngineProgram program) {
    try {
      program.probe();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether any of them can be given work: with its own login, or with a key that comes along. */
  public boolean serve() {
    return programs.stream().anyMatch(program -> program.login().found());
  }

  /** What the gateway is told about logins, by engine id; those that need none are left out. */
  public Map<String, EngineAuth> logins() {
    var logins = new LinkedHashMap<String, EngineAuth>();
    for (var program : programs) {
      if (program.cli().verification().isEmpty()) continue;
      logins.put(program.cli().id(), program.login().told());
    }
    return logins;
  }

  /** What the hello names, so that the gateway knows which work can be given to this agent. */
  public List<String> offered() {
    var offered = new ArrayList<String>();
    for (var program : programs) {
      var engine = program.cli().engine();
      if (program.login().found()) offered.add(engine.withKey());
      if (program.login().verified()) offered.add(engine.withLogin());
    }
    return offered;
  }

  /** How each of them is, by name, for people. */
  public Map<String, String> states() {
    var states = new LinkedHashMap<String, String>();
    programs.forEach(p -> states.put(p.cli().name(), p.login().reason().wire()));
    return states;
  }

  /**
   * Runs a task. Blocks until the engine, and all it started, is gone.
   *
   * @param engineId of any generation
   */
  public EngineAnswer run(
      String engineId, EngineCall call, EventStream events, Cancellation cancellation)
      throws EngineFailed, IOException, InterruptedException {
    for (var program : programs) {
      if (program.cli().engine().ids().contains(engineId))
        return program.run(call, events, cancellation);
    }
    throw new EngineFailed(ErrorCode.EXECUTOR_UNSUPPORTED_ENGINE.with(engineId));
  }
}
