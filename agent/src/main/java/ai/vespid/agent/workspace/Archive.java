package ai.vespid.agent.workspace;

import ai.vespid.protocol.ErrorCode;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Comparator;
import java.util.HashSet;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Packs a directory into tar in zstd and unpacks one that may be hostile: nothing is written
 * outside its directory, through a link, or beyond the limits (defect D15).
 */
final class Archive {
  private static final int OWNER_EXECUTES = 0100;

  private Archive() {}

  static void unpack(Path archive, Path directory, long bytesMax, int entriesMax)
      throws WorkspaceFailed, IOException {
    try (var file = new BufferedInputStream(Files.newInputStream(archive));
        var tar = new TarArchiveInputStream(new Bounded(new ZstdInputStream(file), bytesMax))) {
      int entries = 0;
      for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        if (++entries > entriesMax) throw invalid();
        unpack(entry, tar, directory);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw invalid();
    }
  }

  private static void unpack(TarArchiveEntry entry, TarArchiveInputStream tar, Path directory)
      throws WorkspaceFailed, IOException {
    var target = directory.resolve(entry.getName()).normalize();
    boolean inside = target.startsWith(directory) && !entry.getName().startsWith("/");
    if (!inside || leadsThroughALink(directory, target)) throw invalid();
    if (entry.isDirectory()) {
      Files.createDirectories(target);
    } else if (entry.isSymbolicLink()) {
      link(entry, directory, target);
    } else if (entry.isFile() && !entry.isLink()) {
      Files.createDirectories(target.getParent());
      Files.deleteIfExists(target);
      Files.copy(tar, target);
      if ((entry.getMode() & OWNER_EXECUTES) != 0) makeExecutable(target);
    } else {
      // Hard links, devices and pipes have no business in the files of a run.
      throw invalid();
    }
  }

  private static void link(TarArchiveEntry entry, Path directory, Path target)
      throws WorkspaceFailed, IOException {
    var pointsTo = Path.of(entry.getLinkName());
    var resolved = target.getParent().resolve(pointsTo).normalize();
    if (pointsTo.isAbsolute() || !resolved.startsWith(directory)) throw invalid();
    Files.createDirectories(target.getParent());
    Files.deleteIfExists(target);
    Files.createSymbolicLink(target, pointsTo);
  }

  private static boolean leadsThroughALink(Path directory, Path target) {
    for (var path = target.getParent(); !path.equals(directory); path = path.getParent()) {
      if (Files.isSymbolicLink(path)) return true;
    }
    return false;
  }

  private static void makeExecutable(Path file) throws IOException {
    var permissions = new HashSet<>(Files.getPosixFilePermissions(file));
    permissions.add(PosixFilePermission.OWNER_EXECUTE);
    Files.setPosixFilePermissions(file, permissions);
  }

  /** Packs everything but devices, pipes and sockets; links are kept as links. */
  static void pack(Path directory, Path archive) throws IOException {
    try (var file = new BufferedOutputStream(Files.newOutputStream(archive));
        var tar = new TarArchiveOutputStream(new ZstdOutputStream(file))) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
      Files.walkFileTree(directory, new Packer(directory, tar));
    }
  }

  private static final class Packer extends SimpleFileVisitor<Path> {
    private final Path directory;
    private final TarArchiveOutputStream tar;

    Packer(Path directory, TarArchiveOutputStream tar) {
      this.directory = directory;
      this.tar = tar;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
        throws IOException {
      if (!path.equals(directory)) {
        tar.putArchiveEntry(new TarArchiveEntry(directory.relativize(path) + "/"));
        tar.closeArchiveEntry();
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) throws IOException {
      var name = directory.relativize(path).toString();
      if (attributes.isSymbolicLink()) {
        var entry = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
        entry.setLinkName(Files.readSymbolicLink(path).toString());
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
      } else if (attributes.isRegularFile()) {
        var entry = new TarArchiveEntry(name);
        entry.setSize(attributes.size());
        entry.setMode(Files.isExecutable(path) ? 0755 : 0644);
        tar.putArchiveEntry(entry);
        Files.copy(path, tar);
        tar.closeArchiveEntry();
      }
      return FileVisitResult.CONTINUE;
    }
  }

  /** Deletes a directory and what is in it, following no link. */
  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) return;
    try (var paths = Files.walk(directory)) {
      for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static WorkspaceFailed invalid() {
    return new WorkspaceFailed(ErrorCode.WORKSPACE_ARCHIVE_INVALID.name());
  }
}
