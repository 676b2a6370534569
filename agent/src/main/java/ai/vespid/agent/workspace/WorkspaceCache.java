package ai.vespid.agent.workspace;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.trust.GatewayHttp;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.executor.GatewayFrame.Upload;
import ai.vespid.protocol.executor.GatewayFrame.Workspace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Archives of runs' files as they were fetched or stored, {@code <workspaceId>/<content>.tar.zst},
 * and the copies tasks work in. An archive appears whole or not at all, so a failed download is
 * never taken for a hit (defect F2); the ones unused longest go first (C10).
 *
 * <p>The name tells the content, not only the version: two attempts may both have stored a version,
 * and only one of them became it.
 */
public final class WorkspaceCache {
  /** Bounds of one agent. */
  public record Limits(
      long archiveBytesMax,
      long extractedBytesMax,
      int entriesMax,
      int cachedVersionsMax,
      long cachedBytesMax,
      Duration transferMax) {
    private static final long MIB = 1024L * 1024;

    public static Limits defaults() {
      return new Limits(256 * MIB, 2_048 * MIB, 100_000, 200, 2_048 * MIB, Duration.ofMinutes(5));
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(WorkspaceCache.class);
  private static final String SUFFIX = ".tar.zst";

  private final Path root;
  private final Checkouts checkouts;
  private final Limits limits;
  private final Transfer transfer;

  public WorkspaceCache(Path root, Limits limits) throws IOException {
    this(root, limits, GatewayHttp.PLAIN);
  }

  /** Opens the cache and removes the copies a killed agent left. */
  public WorkspaceCache(Path root, Limits limits, GatewayHttp http) throws IOException {
    // Without links and "..": what an archive may write is decided by comparing paths with this.
    this.root = Files.createDirectories(root).toRealPath();
    this.checkouts = new Checkouts(this.root.resolve("checkouts"));
    this.limits = limits;
    this.transfer = new Transfer(limits.transferMax(), http);
  }

  /** A fresh copy of this version. */
  public Checkout checkout(Workspace workspace, String downloadUrl, Cancellation cancellation)
      throws WorkspaceFailed, InterruptedException {
    try {
      return copyOf(workspace, downloadUrl, cancellation);
    } catch (IOException e) {
      throw localFault(ErrorCode.WORKSPACE_DOWNLOAD_FAILED, e);
    }
  }

  private Checkout copyOf(Workspace workspace, String downloadUrl, Cancellation cancellation)
      throws WorkspaceFailed, IOException, InterruptedException {
    var directory = Files.createTempDirectory(checkouts.directory(), "task-");
    try {
      if (workspace.version() > 0) unpack(workspace, downloadUrl, directory, cancellation);
      return new Checkout(this, directory, snapshot(directory));
    } catch (WorkspaceFailed | IOException | InterruptedException | RuntimeException e) {
      Deletion.of(directory);
      throw e;
    }
  }

  private void unpack(
      Workspace workspace, String downloadUrl, Path directory, Cancellation cancellation)
      throws WorkspaceFailed, IOException, InterruptedException {
    var file = file(workspace.workspaceId(), workspace.objectKey(), workspace.etag());
    try (var archive = open(file, downloadUrl, cancellation)) {
      Archive.unpack(archive, directory, limits.extractedBytesMax(), limits.entriesMax());
    } catch (WorkspaceFailed e) {
      // Whatever is wrong with it, the next attempt fetches it anew. A fault of our disk is none of
      // its own, and leaves it where it is.
      drop(file);
      throw e;
    }
  }

  // Open, because the file may be pruned by another at any moment.
  private InputStream open(Path file, String downloadUrl, Cancellation cancellation)
      throws WorkspaceFailed, IOException, InterruptedException {
    try {
      var cached = Files.newInputStream(file);
      used(file);
      return cached;
    } catch (NoSuchFileException e) {
      if (downloadUrl == null) {
        throw new WorkspaceFailed(ErrorCode.WORKSPACE_DOWNLOAD_URL_REQUIRED.name());
      }
    }
    var temporary = Files.createTempFile(checkouts.directory(), "download-", SUFFIX);
    try {
      transfer.download(downloadUrl, temporary, limits.archiveBytesMax(), cancellation);
      var fetched = Files.newInputStream(temporary);
      keepIfPossible(temporary, file);
      return fetched;
    } finally {
      removeTemporary(temporary);
    }
  }

  private static void used(Path file) throws IOException {
    try {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    } catch (NoSuchFileException e) {
      return; // Pruned meanwhile; it is open already.
    }
  }

  Optional<Uploaded> storeIfChanged(
      Path directory, Snapshot before, String workspaceId, Upload upload, Cancellation cancellation)
      throws WorkspaceFailed, InterruptedException {
    try {
      if (snapshot(directory).equals(before)) return Optional.empty();
      return Optional.of(store(directory, workspaceId, upload, cancellation));
    } catch (IOException e) {
      throw localFault(ErrorCode.WORKSPACE_UPLOAD_FAILED, e);
    }
  }

  private Snapshot snapshot(Path directory) throws WorkspaceFailed, IOException {
    return Snapshot.of(directory, limits.entriesMax());
  }

  private Uploaded store(
      Path directory, String workspaceId, Upload upload, Cancellation cancellation)
      throws WorkspaceFailed, IOException, InterruptedException {
    var temporary = Files.createTempFile(checkouts.directory(), "upload-", SUFFIX);
    try {
      Packer.pack(directory, temporary, limits.extractedBytesMax(), limits.entriesMax());
      if (Files.size(temporary) > limits.archiveBytesMax()) {
        throw new WorkspaceFailed(ErrorCode.WORKSPACE_TOO_LARGE.name());
      }
      var etag = transfer.upload(upload.url(), temporary, cancellation);
      if (etag != null) keepIfPossible(temporary, file(workspaceId, upload.objectKey(), etag));
      return new Uploaded(workspaceId, upload.version(), upload.objectKey(), etag);
    } finally {
      removeTemporary(temporary);
    }
  }

  // The files are fetched or stored by now: without the cache they cost a download, not the run.
  private void keepIfPossible(Path temporary, Path file) {
    try {
      keep(temporary, file);
    } catch (IOException e) {
      warn("an archive could not be kept in the cache", e);
      try {
        drop(file);
      } catch (IOException alsoFailed) {
        warn("an archive could not be dropped from the cache", alsoFailed);
      }
    }
  }

  private static void removeTemporary(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // It lies among the checkouts, which the next start of the agent clears.
      warn("a temporary archive could not be removed", e);
    }
  }

  // The connection translates its own failures, so what arrives here is the disk.
  private static WorkspaceFailed localFault(ErrorCode code, IOException e) {
    warn("the files of a task could not be written or read on this machine", e);
    return new WorkspaceFailed(code.with("LOCAL_IO"));
  }

  private static void warn(String what, IOException e) {
    // Without the path, whose names belong to the run.
    var reason = e instanceof FileSystemException file ? file.getReason() : e.getMessage();
    LOG.atWarn()
        .addKeyValue("cause", e.getClass().getSimpleName())
        .addKeyValue("reason", reason)
        .log(what);
  }

  // Under the lock of drop, which takes empty folders away. Another agent may still do so in
  // between: then this archive is not cached.
  private synchronized void keep(Path temporary, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    prune(file);
  }

  // With the folder of its workspace, when it was the last.
  private synchronized void drop(Path file) throws IOException {
    Files.deleteIfExists(file);
    try {
      Files.deleteIfExists(file.getParent());
    } catch (DirectoryNotEmptyException e) {
      return; // Other versions of it are still cached.
    }
  }

  private record Cached(Path file, long bytes, FileTime used) {}

  private void prune(Path newest) throws IOException {
    var cached = cached();
    cached.sort(Comparator.comparing(Cached::used));
    long bytes = cached.stream().mapToLong(Cached::bytes).sum();
    int count = cached.size();
    for (var oldest : cached) {
      if (count <= limits.cachedVersionsMax() && bytes <= limits.cachedBytesMax()) return;
      if (oldest.file().equals(newest)) continue;
      drop(oldest.file());
      bytes -= oldest.bytes();
      count--;
    }
  }

  private ArrayList<Cached> cached() throws IOException {
    var cached = new ArrayList<Cached>();
    try (var workspaces = Files.newDirectoryStream(root, Files::isDirectory)) {
      for (var workspace : workspaces) {
        try (var files = Files.newDirectoryStream(workspace, "*" + SUFFIX)) {
          for (var file : files) {
            cached.add(new Cached(file, Files.size(file), Files.getLastModifiedTime(file)));
          }
        } catch (NoSuchFileException e) {
          continue; // Another agent pruned it while we looked.
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return cached;
  }

  private Path file(String workspaceId, String objectKey, String etag) {
    try {
      var content = (objectKey + '\n' + etag).getBytes(StandardCharsets.UTF_8);
      var digest = MessageDigest.getInstance("SHA-256").digest(content);
      return root.resolve(workspaceId).resolve(HexFormat.of().formatHex(digest) + SUFFIX);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
