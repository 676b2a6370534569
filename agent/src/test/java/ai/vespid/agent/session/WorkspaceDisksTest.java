package ai.vespid.agent.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.agent.session.SessionRecord.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks of sessions through the deaths of their agent; real ones, of sessions in memory. */
public class WorkspaceDisksTest {
  private static final long DISK_BYTES = 16L << 20;

  @TempDir Path directory;

  private final MemoryProvider memory = new MemoryProvider();
  private Path workspace;

  /** Skips where no disk can be mounted. */
  static void required() {
    assumeTrue(
        "root".equals(System.getProperty("user.name"))
            && Files.exists(Path.of("/dev/loop-control")),
        "only root mounts disks, where the kernel has loop devices");
  }

  static boolean mounted(Path folder) throws IOException {
    return Files.readString(Path.of("/proc/self/mountinfo")).contains(" " + folder + " ");
  }

  static void unmount(Path folder) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("umount", folder.toString()).start().waitFor()).isZero();
  }

  @BeforeEach
  void folder() {
    required();
    workspace = directory.resolve("files/w-one");
  }

  @AfterEach
  void nothingStaysMounted() throws Exception {
    while (mounted(workspace)) unmount(workspace);
  }

  // As another process of the same agent.
  private Sessions sessions() throws IOException {
    var providers = new Providers(List.of(memory), "memory", InstantSource.system());
    providers.probe();
    var path = System.getenv("PATH");
    var sessions =
        new Sessions(
            providers,
            new SessionStore(directory.resolve("state")),
            new Bounds(10, 0, 0, 64L << 20),
            new Folders(List.of(directory.resolve("files"))),
            new WorkspaceDisks(
                directory.resolve("disks"), new ScriptProcess("b", 300, path), path));
    sessions.restore();
    return sessions;
  }

  private static SessionRecord create(Sessions sessions) throws Exception {
    var wish = SessionContract.wish("one", Map.of(), DISK_BYTES);
    return sessions.create(wish, SessionContract.time()).record();
  }

  private void assertNothingIsLeft() throws IOException {
    assertThat(mounted(workspace)).isFalse();
    assertThat(directory.resolve("disks")).isEmptyDirectory();
  }

  @Test
  void aSessionThatWasOnlyBeingMadeLeavesNoDisk() throws Exception {
    var record = create(sessions());
    new SessionStore(directory.resolve("state")).write(record.in(State.CREATING));

    sessions().compare();

    assertNothingIsLeft();
    assertThat(memory.all()).isEmpty();
  }

  @Test
  void oneThatCouldNotBeMadeLeavesNoDisk() throws Exception {
    memory.failsToCreate("no room");

    assertThatThrownBy(() -> create(sessions())).hasMessage("no room");

    assertNothingIsLeft();
  }

  @Test
  void whatWasWrittenIsInTheFolderWhenItsAgentDiedWhileItDestroyedIt() throws Exception {
    var record = create(sessions());
    Files.writeString(workspace.resolve("kept"), "content");
    new SessionStore(directory.resolve("state")).write(record.in(State.DESTROYING));

    sessions().compare();

    assertNothingIsLeft();
    assertThat(workspace.resolve("kept")).hasContent("content");
  }

  @Test
  void whatIsLeftOfOneSessionTouchesNoOtherInTheSameFolder() throws Exception {
    var first = sessions();
    create(first);
    first.destroy("one", SessionContract.time());
    var record = create(first);
    Files.writeString(workspace.resolve("mine"), "content");

    // The first one is still looked after for a while.
    first.compare();

    assertThat(mounted(workspace)).isTrue();
    assertThat(workspace.resolve("mine")).hasContent("content");
    assertThat(record.quota().diskBytes()).isEqualTo(DISK_BYTES);
    first.destroy("one", SessionContract.time());
    assertNothingIsLeft();
  }

  @Test
  void whatSomebodyElseRemovedKeepsWhatItWrote() throws Exception {
    var sessions = sessions();
    create(sessions);
    Files.writeString(workspace.resolve("kept"), "content");

    memory.all().clear();
    sessions.compare();

    assertNothingIsLeft();
    assertThat(workspace.resolve("kept")).hasContent("content");
  }

  @Test
  void aFolderWithFilesIsRefusedForADiskWouldHideThem() throws Exception {
    Files.createDirectories(workspace);
    Files.writeString(workspace.resolve("before"), "content");

    assertThatThrownBy(() -> create(sessions())).hasMessageStartingWith("DISK_LIMIT_UNSUPPORTED: ");

    assertThat(memory.all()).isEmpty();
    assertThat(workspace.resolve("before")).hasContent("content");
  }

  @Test
  void disksOfAllSessionsTogetherHaveABound() throws Exception {
    var sessions = sessions();
    create(sessions);
    var wish = SessionContract.wish("two", Map.of(), 60L << 20);

    assertThatThrownBy(() -> sessions.create(wish, SessionContract.time()))
        .hasMessageStartingWith("QUOTA_EXCEEDED: ")
        .hasMessageContaining("disk in MiB: 76 of 64");
    sessions.destroy("one", SessionContract.time());
  }
}
