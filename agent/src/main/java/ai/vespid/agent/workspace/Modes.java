package ai.vespid.agent.workspace;

import ai.vespid.protocol.ErrorCode;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * The permissions of everything in a directory, and its files readable while this is open: scripts
 * leave files and directories that even their owner may not read, and their owner can say so.
 */
final class Modes extends SimpleFileVisitor<Path> implements AutoCloseable {
  private static final String MODE = "unix:mode";
  private static final int PERMISSIONS = 0777;
  private static final int READ = 0400;
  private static final int READ_AND_ENTER = 0500;

  private final Map<Path, Integer> modes = new HashMap<>();
  private final Deque<Path> opened = new ArrayDeque<>();
  private final int entriesMax;
  private boolean tooMany;

  private Modes(int entriesMax) {
    this.entriesMax = entriesMax;
  }

  /**
   * @throws WorkspaceFailed WORKSPACE_TOO_LARGE with more than {@code entriesMax} entries
   */
  static Modes open(Path directory, int entriesMax) throws WorkspaceFailed, IOException {
    var modes = new Modes(entriesMax);
    try {
      Files.walkFileTree(directory, modes);
    } catch (IOException e) {
      modes.close();
      throw e;
    }
    if (modes.tooMany) {
      modes.close();
      throw new WorkspaceFailed(ErrorCode.WORKSPACE_TOO_LARGE.name());
    }
    return modes;
  }

  /** The permission bits as the script left them. */
  int of(Path path) throws IOException {
    var known = modes.get(path);
    return known == null ? read(path) : known;
  }

  private static int read(Path path) throws IOException {
    var mode = (Integer) Files.getAttribute(path, MODE, LinkOption.NOFOLLOW_LINKS);
    return mode & PERMISSIONS;
  }

  /** Sets permission bits; not of a link. */
  static void set(Path path, int mode) throws IOException {
    Files.setAttribute(path, MODE, mode & PERMISSIONS);
  }

  @Override
  public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
      throws IOException {
    if (!Files.isExecutable(path)) takeBack(path, READ_AND_ENTER);
    return note(path);
  }

  @Override
  public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) throws IOException {
    if (attributes.isRegularFile() && !Files.isReadable(path)) takeBack(path, READ);
    return note(path);
  }

  // What cannot be listed fails before it is visited.
  @Override
  public FileVisitResult visitFileFailed(Path path, IOException problem) throws IOException {
    boolean closed = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) && !modes.containsKey(path);
    if (!closed) throw problem;
    takeBack(path, READ_AND_ENTER);
    Files.walkFileTree(path, this);
    return tooMany ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
  }

  private void takeBack(Path path, int more) throws IOException {
    int mode = read(path);
    if (modes.putIfAbsent(path, mode) == null) opened.push(path);
    set(path, mode | more);
  }

  private FileVisitResult note(Path path) throws IOException {
    if (!modes.containsKey(path)) modes.put(path, read(path));
    tooMany |= modes.size() > entriesMax + 1L;
    return tooMany ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
  }

  /** Everything as it was. */
  @Override
  public void close() throws IOException {
    while (!opened.isEmpty()) {
      var path = opened.pop();
      set(path, modes.get(path));
    }
  }
}
