package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher keeps the classes that a server loaded, in an archive that makes the next start
 * short, as long as it is worth keeping. The server of these tests has no settings, so it fails.
 */
@Timeout(120)
final class LauncherIT {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Duration SECOND = Duration.ofSeconds(1);

  @TempDir private Path root;
  private Path archive;
  private Path served;
  private FileTime built;

  @BeforeEach
  void install() throws IOException, InterruptedException {
    var target = Files.createDirectories(root.resolve("server/target"));
    Files.copy(ROOT.resolve("vespid"), root.resolve("vespid"));
    assertThat(root.resolve("vespid").toFile().setExecutable(true)).isTrue();
    Files.createSymbolicLink(target.resolve("lib"), ROOT.resolve("server/target/lib"));
    try (var jars = Files.newDirectoryStream(ROOT.resolve("server/target"), "server-*.jar")) {
      for (var jar : jars) {
        var copy = Files.copy(jar, target.resolve(jar.getFileName()));
        built = Files.getLastModifiedTime(copy);
      }
    }
    archive = target.resolve("vespid.jsa");
    served = target.resolve("vespid.jsa.served");
    serve();
    assertThat(archive).as("what the first start left").isNotEmptyFile();
    assertThat(served).as("said by a server that serves").doesNotExist();
  }

  private void serve() throws IOException, InterruptedException {
    var builder =
        new ProcessBuilder(root.resolve("vespid").toString(), "serve")
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("serve.log").toFile());
    builder.environment().keySet().removeIf(name -> name.matches("(DATABASE|REDIS|CLUSTER)_.*"));
    var server = builder.start();
    assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(root.resolve("serve.log"))).contains("not set: DATABASE_URL");
    assertThat(server.exitValue()).isEqualTo(2);
  }

  /** True when the archive that was made at this time is still there after another start. */
  private boolean kept(FileTime made) throws IOException, InterruptedException {
    Files.setLastModifiedTime(archive, made);
    if (Files.exists(served)) Files.setLastModifiedTime(served, made);
    serve();
    return Files.getLastModifiedTime(archive).equals(made);
  }

  private FileTime after(Duration later) {
    return FileTime.from(built.toInstant().plus(later));
  }

  @Test
  void classesOfAServerThatServedAreKept() throws Exception {
    Files.createFile(served);
    assertThat(kept(after(SECOND))).isTrue();
  }

  @Test
  void thoseOfAStartThatFailedAreFew() throws Exception {
    assertThat(kept(after(SECOND))).isFalse();
  }

  @Test
  void thoseOfAnOlderBuildAreNotThoseOfThis() throws Exception {
    Files.createFile(served);
    assertThat(kept(after(SECOND.negated()))).isFalse();
    assertThat(served).doesNotExist();
  }
}
