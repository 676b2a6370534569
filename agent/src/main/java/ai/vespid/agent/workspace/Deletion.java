package ai.vespid.agent.workspace;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Deletes a directory and what is in it, following no link. Scripts leave directories that nobody
 * may write or read, such as the caches of some build tools; the owner can take them back.
 */
public final class Deletion extends SimpleFileVisitor<Path> {
  private Deletion() {}

  public static void of(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) return;
    Files.walkFileTree(directory, new Deletion());
  }

  @Override
  public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
      throws IOException {
    if (!Files.isWritable(path) || !Files.isExecutable(path)) takeBack(path);
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) throws IOException {
    Files.deleteIfExists(path);
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFileFailed(Path path, IOException problem) throws IOException {
    boolean closedDirectory =
        Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) && !Files.isReadable(path);
    if (!closedDirectory) throw problem;
    takeBack(path);
    of(path);
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult postVisitDirectory(Path path, IOException problem) throws IOException {
    if (problem != null) throw problem;
    Files.deleteIfExists(path);
    return FileVisitResult.CONTINUE;
  }

  private static void takeBack(Path directory) throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
  }
}
