package ai.vespid.agent.workspace;

import ai.vespid.protocol.ErrorCode;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Unpacks tar in zstd that may be hostile: nothing is written outside its directory, through a
 * link, or beyond the limits, on disk or in memory (defect D15). A disk that fails is told from an
 * archive that cannot be read: the archive is still good.
 */
final class Archive {
  private static final Logger LOG = LoggerFactory.getLogger(Archive.class);
  private static final int NAME_BYTES_MAX = 255;
  // What one header with its long names may take; the tar reader holds it in memory.
  private static final long HEADER_BYTES_MAX = 256 * 1024;
  // An archive chooses how far back it refers, and we pay for it with memory.
  private static final int WINDOW_LOG_MAX = 25;

  private final Path directory;
  private final Bounded bytes;
  private final TarArchiveInputStream tar;
  // Set when all is written: nothing could be written into a directory that forbids it.
  private final Map<Path, Integer> directoryModes = new LinkedHashMap<>();

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
    } catch (ZstdIOException
        | Unreadable
        | FileAlreadyExistsException
        | DirectoryNotEmptyException
        | NotDirectoryException
        | IllegalArgumentException e) {
      throw invalid();
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("cause", e.getClass().getSimpleName())
          .log("the files of a run could not be written on this host");
      throw new WorkspaceFailed(ErrorCode.WORKSPACE_UNAVAILABLE.with("AGENT_STORAGE"));
    }
  }

  /** The archive itself cannot be read. */
  private static final class Unreadable extends IOException {
    private static final long serialVersionUID = 1L;

    Unreadable(IOException cause) {
      super(cause);
    }
  }

  /** The content of one entry: a failure to read it is no failure to write it. */
  private static final class Content extends FilterInputStream {
    Content(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        return super.read(bytes, offset, length);
      } catch (IOException e) {
        throw new Unreadable(e);
      }
    }
  }

  private void unpack(int entriesMax) throws WorkspaceFailed, IOException {
    int entries = 0;
    for (var entry = next(); entry != null; entry = next()) {
      if (++entries > entriesMax) throw invalid();
      unpack(entry);
    }
    for (var directory : List.copyOf(directoryModes.keySet()).reversed()) {
      if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        Modes.set(directory, directoryModes.get(directory));
      }
    }
  }

  private TarArchiveEntry next() throws IOException {
    bytes.step(HEADER_BYTES_MAX);
    try {
      var entry = tar.getNextEntry();
      bytes.step(Long.MAX_VALUE);
      return entry;
    } catch (IOException e) {
      throw new Unreadable(e);
    }
  }

  private void unpack(TarArchiveEntry entry) throws WorkspaceFailed, IOException {
    var target = directory.resolve(entry.getName()).normalize();
    boolean inside = target.startsWith(directory) && !entry.getName().startsWith("/");
    if (!inside || hasLongName(target)) throw invalid();
    if (target.equals(directory)) {
      // As "tar -c ." begins.
      if (!entry.isDirectory()) throw invalid();
    } else if (leadsThroughALink(target)) {
      throw invalid();
    } else if (entry.isDirectory()) {
      Files.createDirectories(target);
      directoryModes.put(target, entry.getMode());
    } else if (entry.isLink()) {
      hardLink(entry, target);
    } else if (entry.isSymbolicLink()) {
      link(entry, target);
    } else if (isPlainFile(entry)) {
      file(entry, target);
    } else {
      // Devices and pipes have no business in the files of a run; the holes of a sparse
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
    Files.copy(new Content(tar), target);
    Files.setLastModifiedTime(target, entry.getLastModifiedTime());
    Modes.set(target, entry.getMode());
  }

  // GNU tar writes the second name of a file as a link to the first.
  private void hardLink(TarArchiveEntry entry, Path target) throws WorkspaceFailed, IOException {
    var first = directory.resolve(entry.getLinkName()).normalize();
    boolean inside = first.startsWith(directory) && !entry.getLinkName().startsWith("/");
    if (!inside || first.equals(directory) || first.equals(target)) throw invalid();
    if (leadsThroughALink(first)) throw invalid();
    if (!Files.isRegularFile(first, LinkOption.NOFOLLOW_LINKS)) throw invalid();
    Files.createDirectories(target.getParent());
    Files.deleteIfExists(target);
    Files.createLink(target, first);
  }

  private boolean hasLongName(Path target) {
    for (var name : directory.relativize(target)) {
      if (name.toString().getBytes(StandardCharsets.UTF_8).length > NAME_BYTES_MAX) return true;
    }
    return false;
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
