package ai.vespid.agent.workspace;

import ai.vespid.protocol.ErrorCode;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Unpacks tar in zstd that may be hostile: nothing is written outside its directory, through a
 * link, or beyond the limits, on disk or in memory (defect D15).
 */
final class Archive {
  // What one header with its long names may take; the tar reader holds it in memory.
  private static final long HEADER_BYTES_MAX = 256 * 1024;
  // What Linux takes.
  private static final int NAME_BYTES_MAX = 255;
  private static final int PATH_BYTES_MAX = 4_095;
  // An archive chooses how far back it refers, and we pay for it with memory.
  private static final int WINDOW_LOG_MAX = 25;

  private final Path directory;
  private final Bounded bytes;
  private final TarArchiveInputStream tar;
  private final TreeMap<Path, Set<PosixFilePermission>> directories = new TreeMap<>();
  private int entriesLeft;

  private Archive(Path directory, Bounded bytes, TarArchiveInputStream tar, int entriesMax) {
    this.directory = directory;
    this.bytes = bytes;
    this.tar = tar;
    this.entriesLeft = entriesMax;
  }

  /** Throws an {@link IOException} only for what is wrong here, not with the archive. */
  static void unpack(InputStream archive, Path directory, long bytesMax, int entriesMax)
      throws WorkspaceFailed, IOException {
    try (var zstd =
            new ZstdInputStream(new BufferedInputStream(archive)).setLongMax(WINDOW_LOG_MAX);
        var bytes = new Bounded(zstd, bytesMax);
        var tar = new TarArchiveInputStream(bytes)) {
      new Archive(directory, bytes, tar, entriesMax).unpack();
    } catch (Source.Broken | IllegalArgumentException e) {
      throw invalid();
    }
  }

  private void unpack() throws WorkspaceFailed, IOException {
    for (var entry = next(); entry != null; entry = next()) {
      count();
      unpack(entry);
    }
    closeDirectories();
  }

  // Only when all is written, because a mode may forbid it, and from the innermost outwards. They
  // still are directories: nothing replaces one.
  private void closeDirectories() throws IOException {
    for (var closing : directories.descendingMap().entrySet()) {
      Files.setPosixFilePermissions(closing.getKey(), closing.getValue());
    }
  }

  private void count() throws WorkspaceFailed {
    if (--entriesLeft < 0) throw invalid();
  }

  private TarArchiveEntry next() throws Source.Broken {
    bytes.step(HEADER_BYTES_MAX);
    try {
      return tar.getNextEntry();
    } catch (IOException e) {
      throw new Source.Broken(e);
    } finally {
      bytes.step(Long.MAX_VALUE);
    }
  }

  private void unpack(TarArchiveEntry entry) throws WorkspaceFailed, IOException {
    var target = inside(entry.getName());
    if (target.equals(directory)) {
      // As "tar -c ." begins.
      if (!entry.isDirectory()) throw invalid();
      return;
    }
    makeParents(target);
    if (entry.isDirectory()) {
      make(target);
      directories.put(target, Permissions.of(entry.getMode()));
      return;
    }
    if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) throw invalid();
    Files.deleteIfExists(target);
    if (entry.isSymbolicLink()) {
      symbolicLink(entry, target);
    } else if (entry.isLink()) {
      hardLink(entry, target);
    } else if (isPlainFile(entry)) {
      file(entry, target);
    } else {
      // Devices and pipes have no business in the files of a run; the holes of a sparse file are
      // bytes that no limit has seen.
      throw invalid();
    }
  }

  private Path inside(String name) throws WorkspaceFailed {
    var path = directory.resolve(name).normalize();
    boolean inside = path.startsWith(directory) && !name.startsWith("/");
    if (!inside || tooLong(path)) throw invalid();
    return path;
  }

  // Known before the disk says so, which would be taken for a fault of the disk.
  private static boolean tooLong(Path path) {
    if (bytesOf(path) > PATH_BYTES_MAX) return true;
    for (var name : path) {
      if (bytesOf(name) > NAME_BYTES_MAX) return true;
    }
    return false;
  }

  private static int bytesOf(Path path) {
    return path.toString().getBytes(StandardCharsets.UTF_8).length;
  }

  private void makeParents(Path target) throws WorkspaceFailed, IOException {
    var parent = target.getParent();
    if (parent.equals(directory)) return;
    makeParents(parent);
    // A name may be deep: without this, one entry could make a thousand directories.
    if (make(parent)) count();
  }

  /** Whether it was missing. Neither a link nor a file may stand where a directory belongs. */
  private static boolean make(Path path) throws WorkspaceFailed, IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) return false;
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) throw invalid();
    Files.createDirectory(path);
    return true;
  }

  // The library calls devices and pipes files too.
  private static boolean isPlainFile(TarArchiveEntry entry) {
    byte kind = entry.getLinkFlag();
    boolean plain = kind == TarConstants.LF_NORMAL || kind == TarConstants.LF_OLDNORM;
    return plain && entry.isFile() && !entry.isSparse();
  }

  private void file(TarArchiveEntry entry, Path target) throws IOException {
    Files.copy(new Source(tar), target);
    // Before the mode, which may close the file to us.
    long seconds = entry.getLastModifiedTime().to(TimeUnit.SECONDS);
    Files.setLastModifiedTime(target, FileTime.from(seconds, TimeUnit.SECONDS));
    Files.setPosixFilePermissions(target, Permissions.of(entry.getMode()));
  }

  private void symbolicLink(TarArchiveEntry entry, Path target)
      throws WorkspaceFailed, IOException {
    var pointsTo = Path.of(entry.getLinkName());
    boolean empty = entry.getLinkName().isEmpty();
    if (empty || bytesOf(pointsTo) > PATH_BYTES_MAX || !staysInside(directory, target, pointsTo))
      throw invalid();
    Files.createSymbolicLink(target, pointsTo);
  }

  // GNU tar writes a file with two names once. The directory was empty, so what is in it now came
  // from this archive, unless the way there leads through a link.
  private void hardLink(TarArchiveEntry entry, Path target) throws WorkspaceFailed, IOException {
    var existing = inside(entry.getLinkName());
    boolean file = Files.isRegularFile(existing, LinkOption.NOFOLLOW_LINKS);
    if (!file || leadsThroughALink(existing)) throw invalid();
    Files.createLink(target, existing);
  }

  private boolean leadsThroughALink(Path path) {
    for (var step = path.getParent(); !step.equals(directory); step = step.getParent()) {
      if (Files.isSymbolicLink(step)) return true;
    }
    return false;
  }

  /**
   * Whether a link leads to a place in the directory. Steps up are taken only at its beginning:
   * after a name they could start from wherever another link leads.
   */
  static boolean staysInside(Path directory, Path link, Path pointsTo) {
    if (pointsTo.isAbsolute()) return false;
    boolean down = false;
    for (var step : pointsTo) {
      boolean up = step.toString().equals("..");
      if (up && down) return false;
      down |= !up;
    }
    return link.getParent().resolve(pointsTo).normalize().startsWith(directory);
  }

  private static WorkspaceFailed invalid() {
    return new WorkspaceFailed(ErrorCode.WORKSPACE_ARCHIVE_INVALID.name());
  }
}
