package ai.vespid.agent.sandbox.docker;

import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.session.CallMark;
import ai.vespid.agent.session.SessionFailed;
import ai.vespid.agent.session.SessionProvider;
import ai.vespid.agent.session.SessionProvider.Call;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One program in a container that goes on. The engine cannot end what it started in one, so
 * whatever the program starts carries a variable by which it is found and killed from inside.
 */
record ContainerProgram(DockerOptions options, String container) {
  private static final long KILL_MS = 10_000;

  private static final long POLL_MS = 250;
  private static final long DRAIN_MS = 500;

  ShellOutput run(DockerClient client, String backend, Call call)
      throws SessionFailed, IOException, InterruptedException {
    var mark = CallMark.fresh();
    var variables = new ArrayList<String>();
    call.env().forEach((name, value) -> variables.add(name + '=' + value));
    variables.add(CallMark.VARIABLE + '=' + mark.value());
    var captured = new Captured(Math.min(call.outputCharsMax(), options.outputCharsMax()));
    Integer exitCode = null;
    try (captured) {
      var id = begin(client, call.command(), variables, captured);
      exitCode = toItsEnd(client, id, captured, call);
    } finally {
      if (exitCode == null) kill(client, mark);
    }
    var out = captured.stdout();
    var err = captured.stderr();
    return new ShellOutput(
        backend,
        exitCode,
        exitCode == null && !call.cancellation().cancelled(),
        out.value(),
        err.value(),
        out.truncated(),
        err.truncated());
  }

  private String begin(
      DockerClient client, List<String> command, List<String> variables, Captured captured)
      throws SessionFailed, InterruptedException {
    try {
      var id =
          client
              .execCreateCmd(container)
              .withCmd(command.toArray(String[]::new))
              .withEnv(variables)
              .withWorkingDir(SessionProvider.WORKSPACE)
              .withUser(options.privileges().user().toString())
              .withAttachStdout(true)
              .withAttachStderr(true)
              .exec()
              .getId();
      client.execStartCmd(id).exec(captured);
      // From here on whoever looks for what runs finds it.
      captured.awaitStarted();
      return id;
    } catch (NotFoundException | ConflictException e) {
      throw new SessionFailed("its container does not run");
    }
  }

  // What a program leaves in the background may hold its streams open, and is no reason to wait.
  private static Integer toItsEnd(DockerClient client, String id, Captured captured, Call call)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(call.timeoutMs());
    while (!call.cancellation().cancelled()) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) return null;
      boolean silent = captured.await(Math.min(left, POLL_MS));
      var shown = client.inspectExecCmd(id).exec();
      if (!Boolean.TRUE.equals(shown.isRunning()) && shown.getExitCodeLong() != null) {
        captured.await(DRAIN_MS);
        return shown.getExitCodeLong().intValue();
      }
      // Streams end a moment before the engine knows the code.
      if (silent) LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
    return null;
  }

  private void kill(DockerClient client, CallMark mark) {
    // Whoever interrupts wants to be done, but nothing is left behind.
    boolean interrupted = Thread.interrupted();
    var captured = new Captured(10);
    try (captured) {
      begin(client, mark.killer(), List.of(), captured);
      captured.await(KILL_MS);
      // Where nothing can be started any more, all of it has to end.
      if (!captured.stdout().value().startsWith(CallMark.GONE)) {
        client.killContainerCmd(container).exec();
      }
    } catch (SessionFailed | IOException | ConflictException | NotFoundException e) {
      return; // The container ended, and everything in it.
    } catch (InterruptedException e) {
      interrupted = true;
    } finally {
      if (interrupted) Thread.currentThread().interrupt();
    }
  }
}
