package ai.vespid.agent.workspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.protocol.executor.GatewayFrame.Upload;
import ai.vespid.protocol.executor.GatewayFrame.Workspace;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkspaceCacheTest {
  private static final String ID = "55555555-5555-4555-8555-555555555555";
  private static final WorkspaceCache.Limits LIMITS =
      new WorkspaceCache.Limits(1 << 20, 1 << 21, 100, 2, 1 << 20, Duration.ofMillis(800));

  @TempDir Path root;

  private final FakeObjects store = new FakeObjects();
  private WorkspaceCache cache;

  @BeforeEach
  void start() throws IOException {
    cache = new WorkspaceCache(root, LIMITS);
  }

  @AfterEach
  void stop() {
    store.close();
  }

  private Uploaded write(Workspace from, long version, String file, String text) throws Exception {
    try (var files = cache.checkout(from, store.url(from.objectKey()), new Cancellation())) {
      Files.writeString(files.directory().resolve(file), text);
      var upload = new Upload(store.url("k" + version), "k" + version, version);
      return files.uploadIfChanged(from, upload, new Cancellation()).orElseThrow();
    }
  }

  private static Workspace empty() {
    return new Workspace(ID, 0L, "k0", null);
  }

  private static Workspace at(Uploaded uploaded) {
    return new Workspace(ID, uploaded.version(), uploaded.objectKey(), uploaded.etag());
  }

  private String read(Workspace workspace, String file) throws Exception {
    try (var files =
        cache.checkout(workspace, store.url(workspace.objectKey()), new Cancellation())) {
      return Files.readString(files.directory().resolve(file));
    }
  }

  @Test
  void whatOneTaskStoredTheNextOneFinds() throws Exception {
    var stored = write(empty(), 1, "a", "one");

    assertThat(store.contentType).isEqualTo("application/zstd");
    assertThat(stored.objectKey()).isEqualTo("k1");
    assertThat(stored.etag()).startsWith("\"e");
    assertThat(read(at(stored), "a")).isEqualTo("one");
    assertThat(store.gets).hasValue(0);
  }

  @Test
  void anotherAgentDownloadsItOnce() throws Exception {
    var stored = write(empty(), 1, "a", "one");
    cache = new WorkspaceCache(root.resolve("other"), LIMITS);

    assertThat(read(at(stored), "a")).isEqualTo("one");
    assertThat(read(at(stored), "a")).isEqualTo("one");
    assertThat(store.gets).hasValue(1);
  }

  @Test
  void tasksWorkOnCopiesOfTheirOwn() throws Exception {
    var stored = at(write(empty(), 1, "a", "one"));
    try (var first = cache.checkout(stored, null, new Cancellation());
        var second = cache.checkout(stored, null, new Cancellation())) {
      Files.writeString(first.directory().resolve("a"), "changed");
      assertThat(second.directory().resolve("a")).hasContent("one");
      assertThat(
              second.uploadIfChanged(
                  stored, new Upload(store.url("k2"), "k2", 2L), new Cancellation()))
          .isEmpty();
    }
    assertThat(read(stored, "a")).isEqualTo("one");
    assertThat(store.objects).containsOnlyKeys("/k1");
  }

  @Test
  void aVersionThatAnotherAttemptStoredIsNotTakenFromTheCache() throws Exception {
    write(empty(), 1, "a", "mine");
    var other = new WorkspaceCache(root.resolve("other"), LIMITS);
    var mine = cache;
    cache = other;
    var theirs = write(empty(), 1, "a", "theirs, which was accepted");
    cache = mine;

    assertThat(read(at(theirs), "a")).isEqualTo("theirs, which was accepted");
  }

  @Test
  void aFailedDownloadIsNoHit() throws Exception {
    var stored = write(empty(), 1, "a", "one");
    cache = new WorkspaceCache(root.resolve("other"), LIMITS);
    store.cut = true;
    assertThatThrownBy(() -> read(at(stored), "a"))
        .hasMessageStartingWith("WORKSPACE_DOWNLOAD_FAILED");
    store.cut = false;

    assertThat(read(at(stored), "a")).isEqualTo("one");
  }

  @Test
  void aDownloadThatStallsEnds() throws Exception {
    var stored = write(empty(), 1, "a", "one");
    cache = new WorkspaceCache(root.resolve("other"), LIMITS);
    store.stall = true;

    assertThatThrownBy(() -> read(at(stored), "a"))
        .hasMessageStartingWith("WORKSPACE_DOWNLOAD_FAILED");
  }

  @Test
  void anArchiveThatCannotBeUnpackedIsFetchedAnew() throws Exception {
    var workspace = new Workspace(ID, 1L, "k1", "\"e\"");
    store.objects.put("/k1", Buffer.buffer("no archive at all"));
    assertThatThrownBy(() -> read(workspace, "a")).hasMessage("WORKSPACE_ARCHIVE_INVALID");
    var good = write(empty(), 1, "a", "one");

    assertThat(read(new Workspace(ID, 1L, "k1", "\"e\""), "a")).isEqualTo("one");
    assertThat(good.version()).isOne();
  }

  @Test
  void tellsWhatIsMissingByItsCode() throws IOException {
    var gone = new Workspace(ID, 7L, "k7", null);

    assertThatThrownBy(() -> cache.checkout(gone, null, new Cancellation()))
        .hasMessage("WORKSPACE_DOWNLOAD_URL_REQUIRED");
    assertThatThrownBy(() -> cache.checkout(gone, store.url("k7?token=secret"), new Cancellation()))
        .hasMessage("WORKSPACE_DOWNLOAD_FAILED:404");
    assertThatThrownBy(
            () -> cache.checkout(gone, "http://127.0.0.1:1/?token=secret", new Cancellation()))
        .hasMessage("WORKSPACE_DOWNLOAD_FAILED:UNREACHABLE");
  }

  @Test
  void keepsNoMoreThanItMay() throws Exception {
    var at = empty();
    for (int version = 1; version <= 5; version++) at = at(write(at, version, "a", "" + version));

    try (var files = Files.list(root.resolve(ID))) {
      assertThat(files).hasSize(2);
    }
    assertThat(read(at, "a")).isEqualTo("5");
  }

  @Test
  void keepsNoFolderOfAWorkspaceWithoutArchives() throws Exception {
    for (int i = 1; i <= 6; i++) {
      var other = new Workspace(ID.substring(0, ID.length() - 1) + i, 0L, "k0", null);
      write(other, 1, "a", "" + i);
    }
    var broken = new Workspace(ID.substring(0, ID.length() - 1) + 7, 1L, "broken", "\"e\"");
    store.objects.put("/broken", Buffer.buffer("no archive at all"));
    assertThatThrownBy(() -> read(broken, "a")).hasMessage("WORKSPACE_ARCHIVE_INVALID");

    try (var folders = Files.list(root)) {
      assertThat(folders.map(folder -> folder.getFileName().toString()))
          .hasSizeLessThanOrEqualTo(LIMITS.cachedVersionsMax() + 1)
          .contains("checkouts")
          .doesNotContain(broken.workspaceId());
    }
  }

  @Test
  void aRootWithDotsAndLinksIsAsGoodAsAnother() throws Exception {
    var real = Files.createDirectories(root.resolve("real/inner"));
    var link = Files.createSymbolicLink(root.resolve("link"), real);
    var stored = at(write(empty(), 1, "a", "one"));

    cache = new WorkspaceCache(link.resolve("../cache"), LIMITS);

    assertThat(read(stored, "a")).isEqualTo("one");
    assertThat(root.resolve("real/cache")).isDirectory();
  }

  @Test
  void aSecondAgentLeavesTheTasksOfTheFirstAlone() throws Exception {
    try (var files = cache.checkout(empty(), null, new Cancellation())) {
      Files.writeString(files.directory().resolve("a"), "x");

      var second = new WorkspaceCache(root, LIMITS);

      assertThat(files.directory().resolve("a")).exists();
      second.checkout(empty(), null, new Cancellation()).close();
    }
  }

  @Test
  void whatAKilledAgentLeftIsRemoved() throws IOException {
    var left = Files.createDirectories(root.resolve("checkouts/dead/task-1"));
    Files.createFile(root.resolve("checkouts/dead.lock"));

    cache = new WorkspaceCache(root, LIMITS);

    assertThat(left).doesNotExist();
    assertThat(root.resolve("checkouts/dead.lock")).doesNotExist();
  }

  @Test
  void aStoredVersionStandsThoughTheCacheCannotKeepIt() throws Exception {
    var inTheWay = Files.writeString(root.resolve(ID), "a file");

    var stored = write(empty(), 1, "a", "one");

    assertThat(stored.version()).isOne();
    assertThat(store.objects).containsOnlyKeys("/k1");
    assertThat(inTheWay).hasContent("a file");
  }
}
