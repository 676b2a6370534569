package ai.vespid.agent.workspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Permissions, times and second names on their way through an archive. */
class WorkspaceModesTest {
  private static final long BYTES_MAX = 1 << 20;

  @TempDir Path temporary;

  private Path source;
  private Path target;

  @BeforeEach
  void create() throws IOException {
    source = Files.createDirectory(temporary.resolve("source"));
    target = Files.createDirectory(temporary.resolve("target"));
  }

  @Test
  void keepsPermissionsOfFilesAndDirectories() throws Exception {
    var secret = Files.writeString(source.resolve("key"), "secret");
    var program = Files.writeString(source.resolve("run"), "#!/bin/sh");
    var closed = Files.createDirectory(source.resolve("closed"));
    Files.writeString(closed.resolve("within"), "x");
    Modes.set(secret, 0600);
    Modes.set(program, 0750);
    Modes.set(closed, 0555);

    copy();

    assertThat(mode("key")).isEqualTo(0600);
    assertThat(mode("run")).isEqualTo(0750);
    assertThat(mode("closed")).isEqualTo(0555);
    assertThat(target.resolve("closed/within")).hasContent("x");
  }

  @Test
  void keepsTheTimeOfAFile() throws Exception {
    var old = Files.writeString(source.resolve("old"), "x");
    var time = FileTime.from(Instant.parse("2020-02-03T04:05:06Z"));
    Files.setLastModifiedTime(old, time);

    copy();

    assertThat(Files.getLastModifiedTime(target.resolve("old"))).isEqualTo(time);
  }

  @Test
  void countsPermissionsAsAChangeAndTimesAndPipesNot() throws Exception {
    var file = Files.writeString(source.resolve("a"), "x");
    var before = snapshot();

    Files.setLastModifiedTime(file, FileTime.fromMillis(0));
    run("mkfifo", source.resolve("pipe").toString());
    assertThat(snapshot()).isEqualTo(before);

    Modes.set(file, 0600);
    assertThat(snapshot()).isNotEqualTo(before);
  }

  @Test
  void takesTheSecondNamesThatGnuTarWrites() throws Exception {
    Files.writeString(source.resolve("a"), "hello");
    Files.createLink(source.resolve("b"), source.resolve("a"));
    var archive = temporary.resolve("gnu.tar");
    run("tar", "-C", source.toString(), "-cf", archive.toString(), ".");

    unpack(archive);

    assertThat(target.resolve("a")).hasContent("hello");
    assertThat(target.resolve("b")).hasContent("hello");
  }

  @Test
  void countsNoMoreEntriesThanAreAllowed() throws Exception {
    for (int i = 0; i < 4; i++) Files.writeString(source.resolve("f" + i), "x");

    assertThatThrownBy(() -> Modes.open(source, 3)).hasMessage("WORKSPACE_TOO_LARGE");
    Modes.open(source, 4).close();
  }

  @Test
  void holdsForAProcessThatPermissionsBind() throws Exception {
    var alone = Files.createDirectory(temporary.resolve("alone"));
    var command = new ArrayList<String>();
    if (System.getProperty("user.name").equals("root")) {
      assumeTrue(
          Files.isExecutable(Path.of("/usr/bin/setpriv")),
          "this test runs as root and has no setpriv (util-linux) to do without");
      command.addAll(List.of("setpriv", "--inh-caps=-all", "--bounding-set=-all"));
    }
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(
        List.of("-Xmx64m", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.addAll(List.of(Unprivileged.class.getName(), alone.toString()));

    assertThat(run(command.toArray(String[]::new))).contains("ALL HOLDS");
  }

  private void copy() throws Exception {
    var archive = temporary.resolve("archive");
    try (var modes = Modes.open(source, 100)) {
      Packer.pack(source, modes, archive, BYTES_MAX, 100);
    }
    try (var in = Files.newInputStream(archive)) {
      Archive.unpack(in, target, BYTES_MAX, 100);
    }
  }

  private void unpack(Path tar) throws Exception {
    var packed = com.github.luben.zstd.Zstd.compress(Files.readAllBytes(tar));
    Archive.unpack(new ByteArrayInputStream(packed), target, BYTES_MAX, 100);
  }

  private Snapshot snapshot() throws Exception {
    try (var modes = Modes.open(source, 100)) {
      return Snapshot.of(source, modes);
    }
  }

  private int mode(String name) throws Exception {
    try (var modes = Modes.open(target, 100)) {
      return modes.of(target.resolve(name));
    }
  }

  private static String run(String... command) throws Exception {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }
}
