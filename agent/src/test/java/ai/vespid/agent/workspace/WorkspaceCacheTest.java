package ai.vespid.agent.workspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.executor.GatewayFrame.Upload;
import ai.vespid.protocol.executor.GatewayFrame.Workspace;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkspaceCacheTest {
  private static final String ID = "55555555-5555-4555-8555-555555555555";
  private static final WorkspaceCache.Limits LIMITS =
      new WorkspaceCache.Limits(1 << 20, 1 << 21, 100, 2, 1 << 20, Duration.ofMillis(800));

  @TempDir Path root;

  private final Vertx vertx = Vertx.vertx();
  private final Map<String, Buffer> objects = new ConcurrentHashMap<>();
  private final AtomicInteger gets = new AtomicInteger();
  private HttpServer server;
  private WorkspaceCache cache;
  private volatile String contentType;
  private volatile boolean stall;
  private volatile boolean cut;

  @BeforeEach
  void start() throws IOException {
    server = vertx.createHttpServer().requestHandler(this::answer).listen(0, "127.0.0.1").await();
    cache = new WorkspaceCache(root, LIMITS);
  }

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private void answer(HttpServerRequest request) {
    if (request.method().name().equals("PUT")) {
      contentType = request.getHeader("content-type");
      request
          .body()
          .onSuccess(body -> {
            objects.put(request.path(), body);
            request.response().putHeader("etag", "\"e" + body.hashCode() + '"').end();
          });
      return;
    }
    gets.incrementAndGet();
    var object = objects.get(request.path());
    if (object == null) {
      request.response().setStatusCode(404).end();
    } else if (stall || cut) {
      request.response().putHeader("content-length", "" + object.length());
      request.response().write(object.slice(0, 10));
      if (cut) request.connection().close();
    } else {
      request.response().end(object);
    }
  }

  private String url(String key) {
    return "http://127.0.0.1:" + server.actualPort() + "/" + key;
  }

  private Uploaded write(Workspace from, long version, String file, String text) throws Exception {
    try (var files = cache.checkout(from, url(from.objectKey()))) {
      Files.writeString(files.directory().resolve(file), text);
      var upload = new Upload(url("k" + version), "k" + version, version);
      return files.uploadIfChanged(from, upload).orElseThrow();
    }
  }

  private static Workspace empty() {
    return new Workspace(ID, 0L, "k0", null);
  }

  private static Workspace at(Uploaded uploaded) {
    return new Workspace(ID, uploaded.version(), uploaded.objectKey(), uploaded.etag());
  }

  private String read(Workspace workspace, String file) throws Exception {
    try (var files = cache.checkout(workspace, url(workspace.objectKey()))) {
      return Files.readString(files.directory().resolve(file));
    }
  }

  @Test
  void whatOneTaskStoredTheNextOneFinds() throws Exception {
    var stored = write(empty(), 1, "a", "one");

    assertThat(contentType).isEqualTo("application/zstd");
    assertThat(stored.objectKey()).isEqualTo("k1");
    assertThat(stored.etag()).startsWith("\"e");
    assertThat(read(at(stored), "a")).isEqualTo("one");
    assertThat(gets).hasValue(0);
  }

  @Test
  void anotherAgentDownloadsItOnce() throws Exception {
    var stored = write(empty(), 1, "a", "one");
    cache = new WorkspaceCache(root.resolve("other"), LIMITS);

    assertThat(read(at(stored), "a")).isEqualTo("one");
    assertThat(read(at(stored), "a")).isEqualTo("one");
    assertThat(gets).hasValue(1);
  }

  @Test
  void tasksWorkOnCopiesOfTheirOwn() throws Exception {
    var stored = at(write(empty(), 1, "a", "one"));
    try (var first = cache.checkout(stored, null);
        var second = cache.checkout(stored, null)) {
      Files.writeString(first.directory().resolve("a"), "changed");
      assertThat(second.directory().resolve("a")).hasContent("one");
      assertThat(second.uploadIfChanged(stored, new Upload(url("k2"), "k2", 2L))).isEmpty();
    }
    assertThat(read(stored, "a")).isEqualTo("one");
    assertThat(objects).containsOnlyKeys("/k1");
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
    cut = true;
    assertThatThrownBy(() -> read(at(stored), "a"))
        .hasMessageStartingWith("WORKSPACE_DOWNLOAD_FAILED");
    cut = false;

    assertThat(read(at(stored), "a")).isEqualTo("one");
  }

  @Test
  void aDownloadThatStallsEnds() throws Exception {
    var stored = write(empty(), 1, "a", "one");
    cache = new WorkspaceCache(root.resolve("other"), LIMITS);
    stall = true;

    assertThatThrownBy(() -> read(at(stored), "a"))
        .hasMessageStartingWith("WORKSPACE_DOWNLOAD_FAILED");
  }

  @Test
  void anArchiveThatCannotBeUnpackedIsFetchedAnew() throws Exception {
    var workspace = new Workspace(ID, 1L, "k1", "\"e\"");
    objects.put("/k1", Buffer.buffer("no archive at all"));
    assertThatThrownBy(() -> read(workspace, "a")).hasMessage("WORKSPACE_ARCHIVE_INVALID");
    var good = write(empty(), 1, "a", "one");

    assertThat(read(new Workspace(ID, 1L, "k1", "\"e\""), "a")).isEqualTo("one");
    assertThat(good.version()).isOne();
  }

  @Test
  void tellsWhatIsMissingByItsCode() throws IOException {
    var gone = new Workspace(ID, 7L, "k7", null);

    assertThatThrownBy(() -> cache.checkout(gone, null))
        .hasMessage("WORKSPACE_DOWNLOAD_URL_REQUIRED");
    assertThatThrownBy(() -> cache.checkout(gone, url("k7?token=secret")))
        .hasMessage("WORKSPACE_DOWNLOAD_FAILED:404");
    assertThatThrownBy(() -> cache.checkout(gone, "http://127.0.0.1:1/?token=secret"))
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
  void aSecondAgentLeavesTheTasksOfTheFirstAlone() throws Exception {
    try (var files = cache.checkout(empty(), null)) {
      Files.writeString(files.directory().resolve("a"), "x");

      var second = new WorkspaceCache(root, LIMITS);

      assertThat(files.directory().resolve("a")).exists();
      second.checkout(empty(), null).close();
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
  void anArchiveThatCannotBeKeptIsStoredAllTheSame() throws Exception {
    // The place of its folder is taken by a file.
    Files.writeString(root.resolve(ID), "in the way");

    var stored = write(empty(), 1, "a", "one");

    assertThat(read(at(stored), "a")).isEqualTo("one");
    assertThat(gets).as("fetched, because it is not in the cache").hasValue(1);
  }

  @Test
  void noErrorRepeatsAUrl() {
    var broken = "http://under_score.example/k?token=s3cret";
    for (var url : new String[] {broken, "http://[k?token=s3cret"}) {
      assertThatThrownBy(() -> cache.checkout(new Workspace(ID, 1L, "k", null), url))
          .isInstanceOf(WorkspaceFailed.class)
          .hasMessage("WORKSPACE_DOWNLOAD_FAILED:URL_INVALID");
    }
  }

  @Test
  void leavesNoEmptyFolderBehind() throws Exception {
    write(empty(), 1, "a", "one");
    for (int i = 2; i < 5; i++) {
      var other = "55555555-5555-4555-8555-55555555555" + i;
      write(new Workspace(other, 0L, "k0", null), i, "a", "other " + i);
    }

    assertThat(root.resolve(ID)).doesNotExist();
  }
}
