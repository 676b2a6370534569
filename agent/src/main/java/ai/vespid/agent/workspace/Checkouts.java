package ai.vespid.agent.workspace;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Where the tasks of this process work: a directory of its own, because several agents may share
 * one cache. A lock that the system releases with the process tells those of living agents from
 * what a killed one left, which is removed at the next start.
 */
final class Checkouts {
  private static final String LOCK = ".lock";

  private final Path directory;
  // Held as long as this process lives.
  private final FileLock lock;

  Checkouts(Path root) throws IOException {
    Files.createDirectories(root);
    removeAbandoned(root);
    var id = UUID.randomUUID().toString();
    var file = root.resolve(id + LOCK);
    var own = tryLock(file);
    // Another that starts just now may take a file without its lock for an abandoned one.
    while (own == null || !Files.exists(file)) {
      id = UUID.randomUUID().toString();
      file = root.resolve(id + LOCK);
      own = tryLock(file);
    }
    this.lock = own;
    this.directory = Files.createDirectory(root.resolve(id));
  }

  Path directory() {
    if (!lock.isValid()) throw new IllegalStateException("the lock of the checkouts is gone");
    return directory;
  }

  private static void removeAbandoned(Path root) throws IOException {
    try (var files = Files.newDirectoryStream(root, "*" + LOCK)) {
      for (var file : files) {
        var abandoned = tryLock(file);
        if (abandoned == null) continue;
        try (var _ = abandoned.acquiredBy()) {
          var name = file.getFileName().toString();
          Deletion.of(root.resolve(name.substring(0, name.length() - LOCK.length())));
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static FileLock tryLock(Path file) throws IOException {
    var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      var lock = channel.tryLock();
      if (lock == null) channel.close();
      return lock;
    } catch (OverlappingFileLockException e) {
      // This process itself, with another cache on the same root.
      channel.close();
      return null;
    }
  }
}
