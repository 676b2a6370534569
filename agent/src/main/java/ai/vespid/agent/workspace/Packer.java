package ai.vespid.agent.workspace;

import ai.vespid.protocol.ErrorCode;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.temporal.ChronoUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Packs a directory into tar in zstd, such that {@link Archive} takes it back: what it would refuse
 * is left out (pipes, sockets, links that lead outside) or, when it is too much, not packed at all.
 */
final class Packer extends SimpleFileVisitor<Path> {
  private static final Logger LOG = LoggerFactory.getLogger(Packer.class);
  private static final long HEADER_BYTES = 1_024;

  private final Path directory;
  private final Modes modes;
  private final TarArchiveOutputStream tar;
  private long bytesLeft;
  private int entriesLeft;
  private int leftOut;
  private boolean tooLarge;

  private Packer(
      Path directory, Modes modes, TarArchiveOutputStream tar, long bytesMax, int entriesMax) {
    this.directory = directory;
    this.modes = modes;
    this.tar = tar;
    this.bytesLeft = bytesMax;
    this.entriesLeft = entriesMax;
  }

  static void pack(Path directory, Modes modes, Path archive, long bytesMax, int entriesMax)
      throws WorkspaceFailed, IOException {
    try (var file = new BufferedOutputStream(Files.newOutputStream(archive));
        var tar = new TarArchiveOutputStream(new ZstdOutputStream(file), "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
      tar.setAddPaxHeadersForNonAsciiNames(true);
      var packer = new Packer(directory, modes, tar, bytesMax, entriesMax);
      Files.walkFileTree(directory, packer);
      packer.conclude();
    }
  }

  private void conclude() throws WorkspaceFailed {
    if (tooLarge) throw new WorkspaceFailed(ErrorCode.WORKSPACE_TOO_LARGE.name());
    if (leftOut > 0) {
      LOG.atWarn()
          .addKeyValue("entries", leftOut)
          .log("pipes, sockets and links that lead outside are not kept with a workspace");
    }
  }

  @Override
  public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
      throws IOException {
    if (path.equals(directory)) return FileVisitResult.CONTINUE;
    var entry = new TarArchiveEntry(nameOf(path) + "/");
    entry.setMode(modes.of(path));
    return add(entry, attributes, null);
  }

  @Override
  public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) throws IOException {
    if (attributes.isRegularFile()) {
      var entry = new TarArchiveEntry(nameOf(path));
      entry.setSize(attributes.size());
      entry.setMode(modes.of(path));
      return add(entry, attributes, path);
    }
    if (attributes.isSymbolicLink()) {
      var pointsTo = Files.readSymbolicLink(path);
      if (Archive.staysInside(directory, path, pointsTo)) {
        var entry = new TarArchiveEntry(nameOf(path), TarConstants.LF_SYMLINK);
        entry.setLinkName(pointsTo.toString());
        return add(entry, attributes, null);
      }
    }
    leftOut++;
    return FileVisitResult.CONTINUE;
  }

  private FileVisitResult add(TarArchiveEntry entry, BasicFileAttributes attributes, Path content)
      throws IOException {
    // Whole seconds, as tar has them: parts would need a header more for every file.
    var changed = attributes.lastModifiedTime().toInstant().truncatedTo(ChronoUnit.SECONDS);
    entry.setModTime(FileTime.from(changed));
    bytesLeft -= entry.getSize() + HEADER_BYTES;
    if (bytesLeft < 0 || --entriesLeft < 0) {
      tooLarge = true;
      return FileVisitResult.TERMINATE;
    }
    tar.putArchiveEntry(entry);
    if (content != null) Files.copy(content, tar);
    tar.closeArchiveEntry();
    return FileVisitResult.CONTINUE;
  }

  private String nameOf(Path path) {
    return directory.relativize(path).toString();
  }
}
