package ai.vespid.agent.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Makes the files of a task its user's, where the agent itself is somebody else: root. */
public final class Ownership {
  private Ownership() {}

  /** Gives a folder with everything in it to a user. Does nothing when it is his already. */
  public static void give(Path folder, int uid, int gid) throws IOException {
    if ((Integer) Files.getAttribute(folder, "unix:uid") == uid) return;
    try (var files = Files.walk(folder)) {
      for (var file : (Iterable<Path>) files::iterator) {
        Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(file, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
      }
    }
  }
}
