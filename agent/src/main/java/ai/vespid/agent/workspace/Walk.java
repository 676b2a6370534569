package ai.vespid.agent.workspace;

import ai.vespid.protocol.ErrorCode;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/**
 * Goes through what a task left in its directory, following no link. Scripts close files to
 * everyone, themselves included: such a one is open while it is visited and closed again after.
 */
final class Walk {
  /** What is done with each entry, a directory before what is in it. */
  @FunctionalInterface
  interface Visitor {
    /** The attributes are those the script left, whether or not the path had to be opened. */
    void visit(Path path, PosixFileAttributes attributes) throws WorkspaceFailed, IOException;
  }

  private final Visitor visitor;
  private int entriesLeft;

  private Walk(Visitor visitor, int entriesMax) {
    this.visitor = visitor;
    this.entriesLeft = entriesMax;
  }

  /** Visits everything in the directory, which itself does not count. */
  static void through(Path directory, int entriesMax, Visitor visitor)
      throws WorkspaceFailed, IOException {
    new Walk(visitor, entriesMax).contents(directory, attributesOf(directory));
  }

  private static PosixFileAttributes attributesOf(Path path) throws IOException {
    return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  private void contents(Path directory, PosixFileAttributes attributes)
      throws WorkspaceFailed, IOException {
    try (var _ = Opened.of(directory, attributes);
        var paths = Files.newDirectoryStream(directory)) {
      for (var path : paths) entry(path);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  private void entry(Path path) throws WorkspaceFailed, IOException {
    if (--entriesLeft < 0) throw new WorkspaceFailed(ErrorCode.WORKSPACE_TOO_LARGE.name());
    var attributes = attributesOf(path);
    if (attributes.isDirectory()) {
      visitor.visit(path, attributes);
      contents(path, attributes);
    } else if (attributes.isRegularFile()) {
      try (var _ = Opened.of(path, attributes)) {
        visitor.visit(path, attributes);
      }
    } else {
      visitor.visit(path, attributes);
    }
  }

  /** A file or directory that may be read until this is closed. */
  private record Opened(Path path, Set<PosixFilePermission> before, boolean changed)
      implements AutoCloseable {
    static Opened of(Path path, PosixFileAttributes attributes)
        throws WorkspaceFailed, IOException {
      var before = attributes.permissions();
      boolean open =
          Files.isReadable(path) && (!attributes.isDirectory() || Files.isExecutable(path));
      if (open) return new Opened(path, before, false);
      var opened = EnumSet.of(PosixFilePermission.OWNER_READ);
      if (attributes.isDirectory()) opened.add(PosixFilePermission.OWNER_EXECUTE);
      opened.addAll(before);
      try {
        Files.setPosixFilePermissions(path, opened);
      } catch (NoSuchFileException e) {
        throw e;
      } catch (FileSystemException e) {
        // It belongs to somebody else, such as the root of a container.
        throw new WorkspaceFailed(ErrorCode.WORKSPACE_UPLOAD_FAILED.with("UNREADABLE"));
      }
      return new Opened(path, before, true);
    }

    @Override
    public void close() throws IOException {
      if (changed) Files.setPosixFilePermissions(path, before);
    }
  }
}
