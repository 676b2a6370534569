package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher starts a server with the classes that the build's training run had loaded, and
 * without them when they are of other jars. The server of these tests has no settings, so it fails.
 */
@Timeout(120)
final class LauncherIT {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final String CACHED = "ai.vespid.server.Server source: shared objects file";
  private static final String CACHE = "server/target/vespid.aot";

  @TempDir private Path root;
  private final ArrayList<Path> jars = new ArrayList<>();

  @BeforeEach
  void install() throws IOException {
    var target = Files.createDirectories(root.resolve("server/target"));
    Files.copy(ROOT.resolve("vespid"), root.resolve("vespid"));
    assertThat(root.resolve("vespid").toFile().setExecutable(true)).isTrue();
    Files.createSymbolicLink(target.resolve("lib"), ROOT.resolve("server/target/lib"));
    Files.createSymbolicLink(root.resolve(CACHE), ROOT.resolve(CACHE));
    try (var built = Files.newDirectoryStream(ROOT.resolve("server/target"), "server-*.jar")) {
      for (var jar : built) {
        var copy = Files.copy(jar, target.resolve(jar.getFileName()));
        Files.setLastModifiedTime(copy, Files.getLastModifiedTime(jar));
        jars.add(copy);
      }
    }
  }

  /** What a start writes that names every class it loads. */
  private String serve() throws IOException, InterruptedException {
    var log = root.resolve("serve.log");
    var builder =
        new ProcessBuilder(root.resolve("vespid").toString(), "serve")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().keySet().removeIf(name -> name.matches("(DATABASE|REDIS|CLUSTER)_.*"));
    builder.environment().put("VESPID_JAVA_OPTIONS", "-Xlog:class+load");
    var server = builder.start();
    assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(log)).contains("not set: DATABASE_URL");
    assertThat(server.exitValue()).isEqualTo(2);
    return Files.readString(log);
  }

  @Test
  void aServerStartsWithTheClassesOfTheTrainingRun() throws Exception {
    assertThat(serve()).contains(CACHED);
  }

  @Test
  void classesOfAnotherBuildAreNotUsed() throws Exception {
    for (var jar : jars) Files.setLastModifiedTime(jar, FileTime.fromMillis(0));

    assertThat(serve()).doesNotContain(CACHED);
  }

  @Test
  void aServerStartsWithoutThem() throws Exception {
    Files.delete(root.resolve(CACHE));

    assertThat(serve()).doesNotContain(CACHED);
  }
}
