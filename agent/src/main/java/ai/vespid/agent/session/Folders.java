package ai.vespid.agent.session;

import ai.vespid.protocol.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/**
 * Where workspaces of sessions may be. Whoever sends a command must not reach other files of this
 * machine by it, neither by {@code ..} nor by a link.
 *
 * @param roots the first is where paths that are not absolute begin
 */
public record Folders(List<Path> roots) {
  public Folders {
    roots = List.copyOf(roots);
  }

  /** The folder, made when it is not there. */
  Path workspace(String wanted) throws SessionFailed, IOException {
    // No provider could be told of one with these in its name.
    if (!wanted.matches("[^:,\"\\\\\\p{Cntrl}]+")) throw escapes();
    try {
      var path = roots.getFirst().resolve(wanted).toAbsolutePath().normalize();
      var root = roots.stream().filter(r -> inside(path, r.toAbsolutePath().normalize()));
      var found = root.findFirst().orElseThrow(Folders::escapes);
      var existing = path;
      while (!Files.exists(existing)) existing = existing.getParent();
      Files.createDirectories(found);
      // Before anything is made: a link half way up would lead it elsewhere.
      var realRoot = found.toRealPath();
      if (existing.startsWith(found) && !existing.toRealPath().startsWith(realRoot)) {
        throw escapes();
      }
      var real = Files.createDirectories(path).toRealPath();
      if (!inside(real, realRoot)) throw escapes();
      return real;
    } catch (InvalidPathException e) {
      throw escapes();
    }
  }

  private static boolean inside(Path path, Path root) {
    return path.startsWith(root) && !path.equals(root);
  }

  private static SessionFailed escapes() {
    return new SessionFailed(
        ErrorCode.WORKDIR_PATH_ESCAPE + ": workspace_path is not in a folder for sessions");
  }
}
