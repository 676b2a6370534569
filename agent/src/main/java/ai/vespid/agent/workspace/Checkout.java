package ai.vespid.agent.workspace;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.protocol.executor.GatewayFrame.Upload;
import ai.vespid.protocol.executor.GatewayFrame.Workspace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One task's own copy of a run's files (defect F3), thrown away when it is closed. */
public final class Checkout implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Checkout.class);

  private final WorkspaceCache cache;
  private final Path directory;
  private final Snapshot before;

  Checkout(WorkspaceCache cache, Path directory, Snapshot before) {
    this.cache = cache;
    this.directory = directory;
    this.before = before;
  }

  public Path directory() {
    return directory;
  }

  /** Stores the next version when the task changed something. */
  public Optional<Uploaded> uploadIfChanged(
      Workspace workspace, Upload upload, Cancellation cancellation)
      throws WorkspaceFailed, InterruptedException {
    return cache.storeIfChanged(directory, before, workspace.workspaceId(), upload, cancellation);
  }

  @Override
  public void close() {
    try {
      Deletion.of(directory);
    } catch (IOException e) {
      // The task is done all the same; the next start of the agent tries again.
      LOG.atWarn()
          .addKeyValue("cause", e.getClass().getSimpleName())
          .log("the files of a task could not be removed");
    }
  }
}
