package ai.vespid.agent.sandbox.docker;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.SandboxFailed;
import ai.vespid.protocol.ErrorCode;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.PullResponseItem;
import com.github.dockerjava.api.model.WaitResponse;
import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** One task's time in a container: what it waits for, and until when. */
final class Run {
  private static final long DRAIN_MS = 2_000;

  private final DockerClient engine;
  private final Cancellation cancellation;
  private final long deadlineNanos;

  /** Tells when something that the engine does has ended, or that nobody waits for it any more. */
  private static final class Ending<T> extends ResultCallback.Adapter<T> {
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile T last;
    private volatile Throwable failure;

    @Override
    public void onNext(T item) {
      last = item;
    }

    @Override
    public void onError(Throwable cause) {
      failure = cause;
      ended.countDown();
    }

    @Override
    public void onComplete() {
      super.onComplete();
      ended.countDown();
    }
  }

  Run(DockerClient engine, Cancellation cancellation, long timeoutMs) {
    this.engine = engine;
    this.cancellation = cancellation;
    this.deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
  }

  private boolean await(Ending<?> ending) throws InterruptedException {
    cancellation.onCancel(ending.ended::countDown);
    boolean inTime = ending.ended.await(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    return inTime && !cancellation.cancelled();
  }

  /**
   * Fetches the image unless it is there; that takes of the task's time.
   *
   * @return false when time or the task's wish to live ended before
   */
  boolean ready(String image) throws SandboxFailed, IOException, InterruptedException {
    if (cancellation.cancelled()) return false;
    try {
      engine.inspectImageCmd(image).exec();
      return true;
    } catch (NotFoundException e) {
      var pull = new Ending<PullResponseItem>();
      try (pull) {
        engine.pullImageCmd(image).exec(pull);
        if (!await(pull)) return false;
      }
      boolean refused = pull.failure != null || pull.last != null && pull.last.isErrorIndicated();
      if (refused) throw new SandboxFailed(ErrorCode.SANDBOX_IMAGE_UNAVAILABLE.name());
      return true;
    }
  }

  /**
   * Starts a container and waits.
   *
   * @return its exit code, or null when it was killed because its time was up or it was cancelled
   */
  Integer toItsEnd(String name, Captured captured)
      throws SandboxFailed, IOException, InterruptedException {
    engine
        .attachContainerCmd(name)
        .withStdOut(true)
        .withStdErr(true)
        .withFollowStream(true)
        .exec(captured);
    captured.awaitStarted();
    engine.startContainerCmd(name).exec();
    var ending = new Ending<WaitResponse>();
    try (Closeable _ = ending) {
      engine.waitContainerCmd(name).exec(ending);
      if (await(ending)) {
        if (ending.last == null) throw new SandboxFailed(ErrorCode.DOCKER_FAILED.name());
        captured.await(DRAIN_MS);
        return ending.last.getStatusCode();
      }
    }
    kill(name);
    captured.await(DRAIN_MS);
    return null;
  }

  // The container, not the client: everything in it ends, whatever it does with signals.
  private void kill(String name) {
    try {
      engine.killContainerCmd(name).exec();
    } catch (NotFoundException | ConflictException e) {
      return; // It ended by itself just now.
    }
  }
}
