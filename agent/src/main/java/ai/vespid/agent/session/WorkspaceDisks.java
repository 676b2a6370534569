package ai.vespid.agent.session;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.ScriptProcess;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Bounds what a session may write (V-46): its workspace, which is all of the disk that it reaches,
 * is a file system of that size while the session exists, and its files are put into the folder
 * when it is destroyed. The folder below belongs to nobody who runs in a session, so that where the
 * disk is not to be seen nothing can be written at all.
 *
 * <p>Wants root and the programs of a Linux system; elsewhere who asks for a disk is refused. Safe
 * for many threads, one for each session.
 */
public final class WorkspaceDisks {
  static final String UNSUPPORTED = "DISK_LIMIT_UNSUPPORTED: ";

  private static final List<String> TOOLS = List.of("mkfs.ext4", "mount", "umount", "cp");
  private static final String FOLDERS = ":/usr/sbin:/usr/bin:/sbin:/bin";
  private static final String OPTIONS = "loop,nosuid,nodev,noatime,discard";
  private static final long TOOL_MS = 60_000;
  // What is written out may be as large as the disk.
  private static final long COPY_MS = 3_600_000;
  private static final int CHARS_MAX = 2_000;

  private final Path images;
  private final ScriptProcess processes;
  private final String path;

  /**
   * @param images a folder of this agent alone
   * @param path where programs are; may be null
   */
  public WorkspaceDisks(Path images, ScriptProcess processes, String path) {
    this.images = images.toAbsolutePath();
    this.processes = processes;
    this.path = path + FOLDERS;
  }

  private static boolean wanted(SessionRecord session) {
    return session.quota().diskBytes() > 0;
  }

  private Path image(SessionRecord session) {
    return images.resolve(session.handle() + ".disk");
  }

  /**
   * Makes and mounts the disk of a session that wants one. What it leaves when it fails, {@link
   * #release} removes.
   */
  void make(SessionRecord session) throws SessionFailed, IOException, InterruptedException {
    if (!wanted(session)) return;
    check();
    var workspace = Path.of(session.workspace());
    // Files that are there already would be hidden behind the disk, and those of another session
    // are not ours to move.
    if (mount(workspace).isPresent() || !isEmpty(workspace)) {
      throw new SessionFailed(UNSUPPORTED + "a workspace with a disk has to begin empty");
    }
    owned(workspace.getParent());
    Files.createDirectories(
        images, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    close(workspace);
    try (var file = new RandomAccessFile(image(session).toFile(), "rw")) {
      file.setLength(session.quota().diskBytes());
    }
    run(TOOL_MS, "mkfs.ext4", "-q", "-F", "-m", "0", image(session).toString());
    ready(session);
    Files.deleteIfExists(workspace.resolve("lost+found"));
  }

  // Who could move the folder could have the disk mounted over another.
  private static void owned(Path folder) throws SessionFailed, IOException {
    for (var above = folder; above != null; above = above.getParent()) {
      if ((Integer) Files.getAttribute(above, "unix:uid") != 0) {
        throw new SessionFailed(
            UNSUPPORTED + "a workspace with a disk has to be in root's folders");
      }
    }
  }

  // Of root, and of nobody else.
  private static void close(Path workspace) throws IOException {
    Files.setAttribute(workspace, "unix:uid", 0);
    Files.setAttribute(workspace, "unix:gid", 0);
    Files.setPosixFilePermissions(workspace, PosixFilePermissions.fromString("rwx------"));
  }

  private void check() throws SessionFailed {
    if (!"root".equals(System.getProperty("user.name"))) {
      throw new SessionFailed(UNSUPPORTED + "an agent that is not root mounts no disk");
    }
    for (var tool : TOOLS) {
      if (ScriptProcess.find(tool, path) == null) {
        throw new SessionFailed(UNSUPPORTED + "there is no " + tool);
      }
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (var files = Files.newDirectoryStream(folder)) {
      return !files.iterator().hasNext();
    }
  }

  /** Mounts the disk where it is not mounted any more: the machine began anew. */
  void ready(SessionRecord session) throws SessionFailed, IOException, InterruptedException {
    if (!wanted(session)) return;
    var workspace = Path.of(session.workspace());
    if (isOf(session, mount(workspace))) return;
    if (!Files.exists(image(session))) throw new SessionFailed("its disk is gone");
    mount(session, workspace);
  }

  private void mount(SessionRecord session, Path where)
      throws SessionFailed, IOException, InterruptedException {
    var image = image(session).toString();
    run(TOOL_MS, "mount", "-t", "ext4", "-o", OPTIONS, image, where.toString());
  }

  /**
   * Puts what is on the disk into the folder and removes the disk. Does nothing where there is none
   * of this session. A folder that has no room for it is told, and the disk stays.
   */
  void release(SessionRecord session) throws SessionFailed, IOException, InterruptedException {
    if (!wanted(session) || !Files.exists(image(session))) return;
    var workspace = Path.of(session.workspace());
    var aside = images.resolve(session.handle() + ".files");
    if (isOf(session, mount(workspace))) run(TOOL_MS, "umount", "-l", workspace.toString());
    if (mkfsEnded(session)) {
      Files.createDirectories(aside);
      Files.createDirectories(workspace);
      if (mount(aside).isEmpty()) mount(session, aside);
      // With the owner of the disk's own folder, which the workspace then has as well.
      run(COPY_MS, "cp", "-a", aside + "/.", workspace.toString());
      run(TOOL_MS, "umount", "-l", aside.toString());
    }
    Files.deleteIfExists(aside);
    Files.deleteIfExists(image(session));
  }

  // The file system's own mark; without it nothing was ever written to it.
  private boolean mkfsEnded(SessionRecord session) throws IOException {
    try (var file = new RandomAccessFile(image(session).toFile(), "r")) {
      if (file.length() < 1_082) return false;
      file.seek(1_080);
      return file.read() == 0x53 && file.read() == 0xEF;
    }
  }

  /** The device that is mounted at a folder. */
  private static Optional<String> mount(Path folder) throws IOException {
    var place = folder.toString().replace(" ", "\\040");
    String last = null;
    for (var line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
      // id parent major:minor root place options … - type source … (proc(5)); the last one is on
      // top.
      var words = line.split(" ");
      if (words[4].equals(place)) last = line.substring(line.indexOf(" - ")).split(" ")[3];
    }
    return Optional.ofNullable(last);
  }

  private boolean isOf(SessionRecord session, Optional<String> device) throws IOException {
    if (device.isEmpty()) return false;
    var backing =
        Path.of("/sys/block", device.get().replaceFirst("^/dev/", ""), "loop/backing_file");
    return Files.exists(backing)
        && Files.readString(backing).strip().equals(image(session).toString());
  }

  private void run(long timeoutMs, String tool, String... words)
      throws SessionFailed, IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(ScriptProcess.find(tool, path));
    command.addAll(List.of(words));
    var program =
        new ScriptProcess.Program(
            tool, command, images, Map.of("LC_ALL", "C"), timeoutMs, CHARS_MAX);
    var output = processes.runAlone(program, new Cancellation());
    if (output.exitCode() != null && output.exitCode() == 0) return;
    throw new SessionFailed(tool + " failed: " + output.stderr().strip());
  }
}
