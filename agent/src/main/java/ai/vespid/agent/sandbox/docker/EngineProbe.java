package ai.vespid.agent.sandbox.docker;

import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.sandbox.SandboxFailed;
import ai.vespid.agent.sandbox.ShellTask;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds out whether an engine does what it is told. It is believed only after a container with all
 * the limits has run and has seen the agent's files; while it goes on answering, that is enough.
 */
final class EngineProbe {
  private static final long TRIAL_MS = 20_000;
  private static final String TRIAL = "trial";

  private final DockerSandbox sandbox;
  private final Engine engine;
  private final Confinement confinement;
  private final Path directory;
  private final Set<String> warnings = ConcurrentHashMap.newKeySet();
  private volatile boolean init = true;
  private boolean tried;

  EngineProbe(DockerSandbox sandbox, Engine engine, Confinement confinement, Path directory) {
    this.sandbox = sandbox;
    this.engine = engine;
    this.confinement = confinement;
    this.directory = directory;
  }

  /** Whether the engine has an init, which the packages of some systems leave out. */
  boolean hasInit() {
    return init;
  }

  /** What the engine said when it made a container. */
  void warned(String warning) {
    warnings.add(warning);
  }

  synchronized Probe ask() {
    if (!engine.mayBeThere()) return failed("there is no engine at " + host());
    try {
      var info = engine.client().infoCmd().exec();
      var refusal = confinement.refusal(info);
      if (refusal != null) return failed(refusal);
      if (!tried) {
        var failure = trial();
        if (failure != null) return failed(failure);
      }
      var ignored = new LinkedHashSet<>(confinement.ignoredBy(info));
      ignored.addAll(warnings);
      return new Probe.Works(List.copyOf(ignored));
    } catch (DockerException e) {
      return failed("the engine refuses: " + firstLine(e));
    } catch (RuntimeException e) {
      return failed("the engine at " + host() + " does not answer");
    }
  }

  private Probe failed(String why) {
    tried = false;
    return new Probe.Fails(why);
  }

  private String host() {
    return confinement.options().host();
  }

  private static String firstLine(DockerException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  // Null when all is well, or when it cannot be known before the image is fetched.
  private String trial() {
    if (!imageIsThere()) return null;
    var why = runTrial();
    if (why != null && init) {
      init = false;
      if (runTrial() == null) why = null;
      else init = true;
    }
    tried = why == null;
    return why;
  }

  private boolean imageIsThere() {
    try {
      engine.client().inspectImageCmd(confinement.options().images().usual()).exec();
      return true;
    } catch (NotFoundException e) {
      return false;
    }
  }

  private String runTrial() {
    try {
      Files.createDirectories(directory);
      Files.write(directory.resolve(TRIAL), new byte[0]);
      var task =
          new ShellTask(
              TRIAL,
              0,
              "test -f " + TRIAL,
              "sh",
              Map.of(),
              List.of(),
              directory,
              TRIAL_MS,
              1_024,
              ShellTask.Wish.NONE);
      var output = sandbox.trial(task);
      if (output.exitCode() == null) return "a trial container did not end in time";
      return output.exitCode() == 0 ? null : "the engine does not see the agent's files";
    } catch (DockerException e) {
      return "a container with these limits cannot run: " + firstLine(e);
    } catch (SandboxFailed | IOException e) {
      return "a trial container failed: " + e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "it was interrupted";
    } finally {
      remove();
    }
  }

  private void remove() {
    try {
      Files.deleteIfExists(directory.resolve(TRIAL));
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      return; // The next trial uses it again.
    }
  }
}
