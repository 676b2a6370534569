package ai.vespid.agent.workspace;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.executor.GatewayFrame.Upload;
import ai.vespid.protocol.executor.GatewayFrame.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;

/**
 * Archives of runs' files as they were fetched or stored, {@code <workspaceId>/<version>.tar.zst},
 * and the copies tasks work in. An archive appears whole or not at all, so a failed download is
 * never taken for a hit (defect F2); the ones unused longest go first (C10).
 */
public final class WorkspaceCache {
  /** Bounds of one agent. */
  public record Limits(
      long archiveBytesMax,
      long extractedBytesMax,
      int entriesMax,
      int cachedVersionsMax,
      long cachedBytesMax) {
    private static final long MIB = 1024L * 1024;

    public static Limits defaults() {
      return new Limits(256 * MIB, 2_048 * MIB, 100_000, 200, 2_048 * MIB);
    }
  }

  private static final String SUFFIX = ".tar.zst";

  private final Path root;
  private final Path checkouts;
  private final Limits limits;
  private final Transfer transfer = new Transfer();

  /** Opens the cache and removes the copies a killed agent left. */
  public WorkspaceCache(Path root, Limits limits) throws IOException {
    this.root = root.toAbsolutePath();
    this.checkouts = this.root.resolve("checkouts");
    this.limits = limits;
    Archive.delete(checkouts);
    Files.createDirectories(checkouts);
  }

  /** A fresh copy of this version. */
  public Checkout checkout(Workspace workspace, String downloadUrl)
      throws WorkspaceFailed, IOException, InterruptedException {
    var directory = Files.createTempDirectory(checkouts, "task-");
    try {
      if (workspace.version() > 0) {
        var archive = archive(workspace, downloadUrl);
        Archive.unpack(archive, directory, limits.extractedBytesMax(), limits.entriesMax());
      }
      return new Checkout(this, directory);
    } catch (WorkspaceFailed | IOException | InterruptedException | RuntimeException e) {
      Archive.delete(directory);
      throw e;
    }
  }

  private Path archive(Workspace workspace, String downloadUrl)
      throws WorkspaceFailed, IOException, InterruptedException {
    var file = file(workspace.workspaceId(), workspace.version());
    if (Files.exists(file)) {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
      return file;
    }
    if (downloadUrl == null) {
      throw new WorkspaceFailed(ErrorCode.WORKSPACE_DOWNLOAD_URL_REQUIRED.name());
    }
    var temporary = Files.createTempFile(checkouts, "download-", SUFFIX);
    try {
      transfer.download(downloadUrl, temporary, limits.archiveBytesMax());
      keep(temporary, file);
      return file;
    } catch (Bounded.TooLarge e) {
      throw new WorkspaceFailed(ErrorCode.WORKSPACE_ARCHIVE_INVALID.name());
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  Uploaded store(Path directory, String workspaceId, Upload upload)
      throws WorkspaceFailed, IOException, InterruptedException {
    var temporary = Files.createTempFile(checkouts, "upload-", SUFFIX);
    try {
      Archive.pack(directory, temporary);
      var etag = transfer.upload(upload.url(), temporary);
      keep(temporary, file(workspaceId, upload.version()));
      return new Uploaded(workspaceId, upload.version(), upload.objectKey(), etag);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private void keep(Path temporary, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    prune(file);
  }

  private synchronized void prune(Path newest) throws IOException {
    record Cached(Path file, long bytes, FileTime used) {}
    var cached = new ArrayList<Cached>();
    try (var paths = Files.walk(root, 2)) {
      for (var path : (Iterable<Path>) paths::iterator) {
        if (path.toString().endsWith(SUFFIX) && !path.startsWith(checkouts)) {
          cached.add(new Cached(path, Files.size(path), Files.getLastModifiedTime(path)));
        }
      }
    }
    cached.sort(Comparator.comparing(Cached::used));
    long bytes = cached.stream().mapToLong(Cached::bytes).sum();
    int count = cached.size();
    for (var oldest : cached) {
      if (count <= limits.cachedVersionsMax() && bytes <= limits.cachedBytesMax()) return;
      if (oldest.file().equals(newest)) continue;
      Files.deleteIfExists(oldest.file());
      bytes -= oldest.bytes();
      count--;
    }
  }

  private Path file(String workspaceId, long version) {
    return root.resolve(workspaceId).resolve(version + SUFFIX);
  }
}
