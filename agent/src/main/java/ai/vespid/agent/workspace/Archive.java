package ai.vespid.agent.workspace;

import ai.vespid.protocol.ErrorCode;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.HashSet;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Unpacks tar in zstd that may be hostile: nothing is written outside its directory, through a
 * link, or beyond the limits, on disk or in memory (defect D15).
 */
final class Archive {
  private static final int OWNER_EXECUTES = 0100;
  // What one header with its long names may take; the tar reader holds it in memory.
  private static final long HEADER_BYTES_MAX = 256 * 1024;
  // An archive chooses how far back it refers, and we pay for it with memory.
  private static final int WINDOW_LOG_MAX = 25;

  private final Path directory;
  private final Bounded bytes;
  private final TarArchiveInputStream tar;

  private Archive(Path directory, Bounded bytes, TarArchiveInputStream tar) {
    this.directory = directory;
    this.bytes = bytes;
    this.tar = tar;
  }

  static void unpack(InputStream archive, Path directory, long bytesMax, int entriesMax)
      throws WorkspaceFailed {
    try (var zstd =
            new ZstdInputStream(new BufferedInputStream(archive)).setLongMax(WINDOW_LOG_MAX);
        var bytes = new Bounded(zstd, bytesMax);
        var tar = new TarArchiveInputStream(bytes)) {
      new Archive(directory, bytes, tar).unpack(entriesMax);
    } catch (IOException | IllegalArgumentException e) {
      throw invalid();
    }
  }

  private void unpack(int entriesMax) throws WorkspaceFailed, IOException {
    int entries = 0;
    for (var entry = next(); entry != null; entry = next()) {
      if (++entries > entriesMax) throw invalid();
      unpack(entry);
    }
  }

  private TarArchiveEntry next() throws IOException {
    bytes.step(HEADER_BYTES_MAX);
    var entry = tar.getNextEntry();
    bytes.step(Long.MAX_VALUE);
    return entry;
  }

  private void unpack(TarArchiveEntry entry) throws WorkspaceFailed, IOException {
    var target = directory.resolve(entry.getName()).normalize();
    boolean inside = target.startsWith(directory) && !entry.getName().startsWith("/");
    if (!inside) throw invalid();
    if (target.equals(directory)) {
      // As "tar -c ." begins.
      if (!entry.isDirectory()) throw invalid();
    } else if (leadsThroughALink(target)) {
      throw invalid();
    } else if (entry.isDirectory()) {
      Files.createDirectories(target);
    } else if (entry.isSymbolicLink()) {
      link(entry, target);
    } else if (isPlainFile(entry)) {
      file(entry, target);
    } else {
      // Hard links, devices and pipes have no business in the files of a run; the holes of a sparse
      // file are bytes that no limit has seen.
      throw invalid();
    }
  }

  // The library calls devices and pipes files too.
  private static boolean isPlainFile(TarArchiveEntry entry) {
    byte kind = entry.getLinkFlag();
    boolean plain = kind == TarConstants.LF_NORMAL || kind == TarConstants.LF_OLDNORM;
    return plain && entry.isFile() && !entry.isSparse();
  }

  private void file(TarArchiveEntry entry, Path target) throws IOException {
    Files.createDirectories(target.getParent());
    Files.deleteIfExists(target);
    Files.copy(tar, target);
    if ((entry.getMode() & OWNER_EXECUTES) != 0) {
      var permissions = new HashSet<>(Files.getPosixFilePermissions(target));
      permissions.add(PosixFilePermission.OWNER_EXECUTE);
      Files.setPosixFilePermissions(target, permissions);
    }
  }

  private void link(TarArchiveEntry entry, Path target) throws WorkspaceFailed, IOException {
    var pointsTo = Path.of(entry.getLinkName());
    if (!staysInside(directory, target, pointsTo)) throw invalid();
    Files.createDirectories(target.getParent());
    Files.deleteIfExists(target);
    Files.createSymbolicLink(target, pointsTo);
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

  private boolean leadsThroughALink(Path target) {
    for (var path = target.getParent(); !path.equals(directory); path = path.getParent()) {
      if (Files.isSymbolicLink(path)) return true;
    }
    return false;
  }

  private static WorkspaceFailed invalid() {
    return new WorkspaceFailed(ErrorCode.WORKSPACE_ARCHIVE_INVALID.name());
  }
}
