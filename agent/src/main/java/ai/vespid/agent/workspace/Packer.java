package ai.vespid.agent.workspace;

import ai.vespid.protocol.ErrorCode;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Packs a directory into tar in zstd, such that {@link Archive} takes it back: what it would refuse
 * is left out (pipes, sockets, links that lead outside) or, when it is too much, not packed at all.
 */
final class Packer {
  private static final Logger LOG = LoggerFactory.getLogger(Packer.class);
  private static final long HEADER_BYTES = 1_024;

  private final Path directory;
  private final TarArchiveOutputStream tar;
  private long bytesLeft;
  private int leftOut;

  private Packer(Path directory, TarArchiveOutputStream tar, long bytesMax) {
    this.directory = directory;
    this.tar = tar;
    this.bytesLeft = bytesMax;
  }

  static void pack(Path directory, Path archive, long bytesMax, int entriesMax)
      throws WorkspaceFailed, IOException {
    try (var file = new BufferedOutputStream(Files.newOutputStream(archive));
        var tar = new TarArchiveOutputStream(new ZstdOutputStream(file), "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
      tar.setAddPaxHeadersForNonAsciiNames(true);
      var packer = new Packer(directory, tar, bytesMax);
      Walk.through(directory, entriesMax, packer::visit);
      packer.tellWhatIsLeftOut();
    }
  }

  private void tellWhatIsLeftOut() {
    if (leftOut > 0) {
      LOG.atWarn()
          .addKeyValue("entries", leftOut)
          .log("pipes, sockets and links that lead outside are not kept with a workspace");
    }
  }

  private void visit(Path path, PosixFileAttributes attributes)
      throws WorkspaceFailed, IOException {
    var name = directory.relativize(path).toString();
    if (attributes.isDirectory()) {
      add(new TarArchiveEntry(name + "/"), attributes, null);
    } else if (attributes.isRegularFile()) {
      var entry = new TarArchiveEntry(name);
      entry.setSize(attributes.size());
      add(entry, attributes, path);
    } else if (attributes.isSymbolicLink() && staysInside(path)) {
      var entry = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
      entry.setLinkName(Files.readSymbolicLink(path).toString());
      add(entry, attributes, null);
    } else {
      leftOut++;
    }
  }

  private boolean staysInside(Path link) throws IOException {
    return Archive.staysInside(directory, link, Files.readSymbolicLink(link));
  }

  private void add(TarArchiveEntry entry, PosixFileAttributes attributes, Path content)
      throws WorkspaceFailed, IOException {
    bytesLeft -= entry.getSize() + HEADER_BYTES;
    if (bytesLeft < 0) throw new WorkspaceFailed(ErrorCode.WORKSPACE_TOO_LARGE.name());
    entry.setMode(Permissions.mode(attributes.permissions()));
    // Whole seconds fit into the header; fractions would cost each entry another one.
    long seconds = attributes.lastModifiedTime().to(TimeUnit.SECONDS);
    entry.setLastModifiedTime(FileTime.from(seconds, TimeUnit.SECONDS));
    tar.putArchiveEntry(entry);
    if (content != null) Files.copy(content, tar);
    tar.closeArchiveEntry();
  }
}
