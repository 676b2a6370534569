package ai.vespid.agent.workspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What goes wrong on this machine is neither the fault of an archive nor of a stored version. */
class LocalFaultTest {
  // More than the library that zstd unpacks for itself, less than the files of the task.
  private static final int FILE_BYTES_MAX = 4 << 20;
  private static final int TASK_BYTES = 8 << 20;

  private static Unprivileged other;

  private final FakeObjects store = new FakeObjects();
  private Path cacheRoot;

  @BeforeAll
  static void become() throws Exception {
    other = new Unprivileged();
  }

  @BeforeEach
  void prepare() throws IOException {
    cacheRoot = other.directory("cache");
  }

  @AfterEach
  void stop() {
    store.close();
  }

  @AfterAll
  static void leave() throws IOException {
    if (other != null) other.close();
  }

  private List<String> run(List<String> starter, String etag, String script) throws Exception {
    var arguments = ScriptedTask.arguments(cacheRoot, store.url("k1?sig=SECRET"), etag, script);
    return Unprivileged.outputOf(other.start(starter, ScriptedTask.class, arguments));
  }

  private String storeLargeFile() throws Exception {
    var output = run(List.of(), null, "head -c " + TASK_BYTES + " /dev/zero > large");
    return output.getLast().replaceFirst("^stored ", "");
  }

  private static List<Path> archives(Path root) throws IOException {
    try (var files = Files.walk(root)) {
      return files.filter(file -> file.toString().endsWith(".tar.zst")).toList();
    }
  }

  @Test
  void aFullDiskIsNoFaultOfTheArchiveWhichIsKept() throws Exception {
    var full = List.of("prlimit", "--fsize=" + FILE_BYTES_MAX);
    Unprivileged.assume(List.of("prlimit", "--fsize=4096", "true"), "files cannot be limited");
    var etag = storeLargeFile();

    var output = run(full, etag, "true");

    assertThat(output).contains("failed WORKSPACE_DOWNLOAD_FAILED:LOCAL_IO");
    assertThat(archives(cacheRoot)).hasSize(1);
    assertThat(run(List.of(), etag, "wc -c < large")).contains("" + TASK_BYTES, "unchanged");
    assertThat(store.gets).hasValue(0);
  }

  @Test
  void aTargetThatMayNotBeWrittenIsNoFaultOfTheArchive() throws Exception {
    storeLargeFile();
    var archive = archives(cacheRoot).getFirst();
    var target = other.directory("target");
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("r-xr-xr-x"));
    var arguments = List.of(archive.toString(), target.toString());

    var output = Unprivileged.outputOf(other.start(List.of(), UnpackInto.class, arguments));

    assertThat(output).contains("local AccessDeniedException");
  }

  @Test
  void aDirectoryThatMayNotBeWrittenIsReportedAsSuch() throws Exception {
    storeLargeFile();

    var output = run(List.of(), null, "echo x > a; chmod 555 ..");

    assertThat(output).contains("failed WORKSPACE_UPLOAD_FAILED:LOCAL_IO");
    assertThat(archives(cacheRoot)).hasSize(1);
  }

  @Test
  void whyTheCacheCannotKeepItIsLoggedWithoutTheAddress() throws Exception {
    var script = "echo x > a; echo 'a file' > ../../../" + ScriptedTask.ID;

    var output = run(List.of(), null, script);

    assertThat(output).anyMatch(line -> line.startsWith("stored "));
    assertThat(output).anyMatch(line -> line.contains("WARN") && line.contains("cache"));
    assertThat(output).noneMatch(line -> line.contains("SECRET") || line.contains("http:"));
  }

  @Test
  void aFetchedVersionIsUsedThoughTheCacheCannotKeepIt() throws Exception {
    var etag = storeLargeFile();
    Deletion.of(cacheRoot.resolve(ScriptedTask.ID));
    assertThat(cacheRoot.toFile().setWritable(false, false)).isTrue();

    var output = run(List.of(), etag, "wc -c < large");

    assertThat(output).contains("" + TASK_BYTES, "unchanged");
  }
}
