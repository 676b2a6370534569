package ai.vespid.agent.sandbox.docker;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.Owner;
import ai.vespid.agent.sandbox.Ownership;
import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.sandbox.Sandbox;
import ai.vespid.agent.sandbox.SandboxFailed;
import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.sandbox.ShellTask;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.NetworkMode;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.HealthCheck;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs each script in a container of its own (contract 7.3, seed 001) that has nothing but the
 * run's files and a little memory to write to, and ends with everything in it.
 */
public final class DockerSandbox implements Sandbox {
  private static final Logger LOG = LoggerFactory.getLogger(DockerSandbox.class);

  private final DockerOptions options;
  private final Confinement confinement;
  private final Containers containers;
  private final EngineProbe probe;
  private final Engine engine;
  private final UnaryOperator<String> environment;

  /**
   * @param bootBefore boot id of the process that used this agent's journal before, or empty
   * @param probeDirectory a folder of this agent alone, that the engine has to see
   * @param environment looks a variable of the agent up; null when there is none
   */
  public DockerSandbox(
      DockerOptions options,
      Owner owner,
      String bootBefore,
      Path probeDirectory,
      UnaryOperator<String> environment) {
    this.options = options;
    this.confinement = new Confinement(options);
    this.containers = new Containers(owner, bootBefore, InstantSource.system());
    this.engine = new Engine(options.host());
    this.environment = environment;
    this.probe = new EngineProbe(this, engine, confinement, probeDirectory);
  }

  @Override
  public String backend() {
    return "docker";
  }

  @Override
  public boolean isolatesNetwork() {
    return true;
  }

  /** Sessions in the same engine, confined as its tasks are. */
  public DockerSessions sessions(String agent) {
    return new DockerSessions(options, engine, this::probe, probe::hasInit, agent);
  }

  @Override
  public Probe probe() {
    return probe.ask();
  }

  @Override
  public void endOrphans() {
    try {
      containers.endOrphans(engine.client());
    } catch (RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("cause", e.getClass().getSimpleName())
          .log("orphaned containers could not be looked for");
    }
  }

  @Override
  public ShellOutput run(ShellTask task, Cancellation cancellation)
      throws SandboxFailed, IOException, InterruptedException {
    var image = task.wish().image() == null ? options.images().usual() : task.wish().image();
    boolean usual = image.equals(options.images().usual());
    if (!usual
        && !(ImageName.valid(image) && ImageName.allowed(image, options.images().allowed()))) {
      throw new SandboxFailed(ErrorCode.SANDBOX_IMAGE_NOT_ALLOWED.name());
    }
    try {
      return runIn(image, task, cancellation);
    } catch (RuntimeException e) {
      // Of the library: its messages may hold the environment that it was to send.
      LOG.atWarn()
          .addKeyValue("request", task.requestId())
          .addKeyValue("cause", e.getClass().getSimpleName())
          .addKeyValue("status", e instanceof DockerException d ? d.getHttpStatus() : 0)
          .log("the engine failed a task");
      throw new SandboxFailed(ErrorCode.DOCKER_FAILED.name());
    }
  }

  /** As a run, but what goes wrong is told as the engine tells it: no secret is in it. */
  ShellOutput trial(ShellTask task) throws SandboxFailed, IOException, InterruptedException {
    return runIn(options.images().usual(), task, new Cancellation());
  }

  private ShellOutput runIn(String image, ShellTask task, Cancellation cancellation)
      throws SandboxFailed, IOException, InterruptedException {
    long timeoutMs =
        options.timeoutMsMax() == 0
            ? task.timeoutMs()
            : Math.min(options.timeoutMsMax(), task.timeoutMs());
    var run = new Run(engine.client(), cancellation, timeoutMs);
    var name = name(task.requestId());
    var captured = new Captured(Math.min(task.outputCharsMax(), options.outputCharsMax()));
    var labels = containers.begin(name, task.epoch(), timeoutMs);
    Integer exitCode = null;
    try (captured) {
      if (run.ready(image)) {
        var user = options.privileges().user();
        Ownership.give(task.workDir(), user.uid(), user.gid());
        create(task, image, name, labels);
        exitCode = run.toItsEnd(name, captured);
      }
    } finally {
      containers.end(engine.client(), name);
    }
    var out = captured.stdout();
    var err = captured.stderr();
    return new ShellOutput(
        backend(),
        exitCode,
        exitCode == null && !cancellation.cancelled(),
        out.value(),
        err.value(),
        out.truncated(),
        err.truncated());
  }

  private void create(ShellTask task, String image, String name, Map<String, String> labels)
      throws IOException {
    var client = engine.client();
    var host =
        confinement.of(
            task.workDir(),
            network(task.wish().network()),
            probe.hasInit(),
            client.inspectImageCmd(image).exec());
    var created =
        client
            .createContainerCmd(image)
            .withName(name)
            .withLabels(labels)
            // Not the image's: a script is run by the shell that was asked for, and by nothing
            // else.
            .withEntrypoint(task.shell(), "-lc", task.script())
            .withEnv(variables(task))
            .withWorkingDir(Confinement.WORK)
            .withUser(options.privileges().user().toString())
            .withHealthcheck(new HealthCheck().withTest(List.of("NONE")))
            .withHostConfig(host)
            .exec();
    for (var warning : created.getWarnings()) probe.warned(warning);
  }

  private boolean network(NetworkMode wish) {
    if (options.network().disabled()) return false;
    return wish == null ? options.network().byDefault() : wish == NetworkMode.ENABLED;
  }

  private List<String> variables(ShellTask task) throws IOException {
    var variables = new ArrayList<String>();
    for (var name : task.envPassthrough()) {
      var value = environment.apply(name);
      if (value != null && !task.env().containsKey(name)) variables.add(name + '=' + value);
    }
    task.env().forEach((name, value) -> variables.add(name + '=' + value));
    for (var variable : variables) {
      if (variable.indexOf('\0') >= 0 || variable.startsWith("=")) {
        // Without the value, which may be a secret.
        throw new IOException("the environment has a name or value that no process can have");
      }
    }
    return variables;
  }

  // As in the contract, and unlike any other: the last attempt may just be ending.
  private static String name(String requestId) {
    try {
      var digest =
          MessageDigest.getInstance("SHA-256").digest(requestId.getBytes(StandardCharsets.UTF_8));
      var hex = HexFormat.of().formatHex(digest, 0, 12);
      return "vespid-" + hex + '-' + UUID.randomUUID().toString().substring(0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
