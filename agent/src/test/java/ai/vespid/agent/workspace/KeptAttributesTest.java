package ai.vespid.agent.workspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of a file beside its content lives on in the next task. */
class KeptAttributesTest {
  private static final int ENTRIES_MAX = 10;
  private static final FileTime LONG_AGO = FileTime.from(Instant.parse("2001-09-09T01:46:40.123Z"));

  @TempDir Path temporary;

  private Path source;
  private Path target;

  @BeforeEach
  void create() throws IOException {
    source = Files.createDirectory(temporary.resolve("source"));
    target = Files.createDirectory(temporary.resolve("target"));
  }

  // JUnit gives up on what is closed to it when it is not root.
  @AfterEach
  void delete() throws IOException {
    Deletion.of(source);
    Deletion.of(target);
  }

  private void packAndUnpack() throws Exception {
    var archive = temporary.resolve("archive");
    Packer.pack(source, archive, 1 << 20, ENTRIES_MAX);
    try (var in = Files.newInputStream(archive)) {
      Archive.unpack(in, target, 1 << 20, ENTRIES_MAX);
    }
  }

  private static void chmod(Path path, String mode) throws IOException {
    Files.setAttribute(path, "unix:mode", Integer.parseInt(mode, 8));
  }

  private static String modeOf(Path path) throws IOException {
    int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    return "%04o".formatted(mode & 07777);
  }

  private Snapshot snapshot() throws Exception {
    return Snapshot.of(source, ENTRIES_MAX);
  }

  @ParameterizedTest
  @CsvSource({
    "0600, 0600",
    "0644, 0644",
    "0700, 0700",
    "0775, 0775",
    "0000, 0000",
    "0400, 0400",
    "4755, 0755",
    "2755, 0755",
    "1755, 0755"
  })
  void filesKeepTheirMode(String before, String after) throws Exception {
    chmod(Files.writeString(source.resolve("file"), "x"), before);

    packAndUnpack();

    assertThat(modeOf(target.resolve("file"))).isEqualTo(after);
    assertThat(Files.size(target.resolve("file"))).isOne();
  }

  @ParameterizedTest
  @CsvSource({"0700, 0700", "0555, 0555", "0000, 0000", "0311, 0311", "2775, 0775", "1777, 0777"})
  void directoriesKeepTheirModeAndWhatIsInThem(String before, String after) throws Exception {
    var inner = Files.createDirectories(source.resolve("outer/inner"));
    Files.writeString(inner.resolve("file"), "x");
    chmod(inner, before);
    chmod(inner.getParent(), before);

    packAndUnpack();

    assertThat(modeOf(target.resolve("outer"))).isEqualTo(after);
    chmod(target.resolve("outer"), "0700");
    assertThat(modeOf(target.resolve("outer/inner"))).isEqualTo(after);
    chmod(target.resolve("outer/inner"), "0700");
    assertThat(target.resolve("outer/inner/file")).hasContent("x");
  }

  @Test
  void packingLeavesTheModesAsTheyAre() throws Exception {
    var closed = Files.createDirectory(source.resolve("closed"));
    chmod(Files.writeString(closed.resolve("file"), "x"), "0000");
    chmod(closed, "0000");

    packAndUnpack();

    assertThat(modeOf(closed)).isEqualTo("0000");
    chmod(closed, "0700");
    assertThat(modeOf(closed.resolve("file"))).isEqualTo("0000");
  }

  @Test
  void filesKeepTheirTimeInSeconds() throws Exception {
    var file = Files.writeString(source.resolve("file"), "x");
    Files.setLastModifiedTime(file, LONG_AGO);
    chmod(file, "0000");

    packAndUnpack();

    assertThat(Files.getLastModifiedTime(target.resolve("file")).toInstant())
        .isEqualTo("2001-09-09T01:46:40Z");
  }

  @Test
  void anotherModeIsAChangeOfAFile() throws Exception {
    var file = Files.writeString(source.resolve("file"), "x");
    chmod(file, "0644");
    var before = snapshot();

    chmod(file, "0600");

    assertThat(snapshot()).isNotEqualTo(before);
  }

  @Test
  void anotherModeIsAChangeOfADirectory() throws Exception {
    var directory = Files.createDirectory(source.resolve("directory"));
    chmod(directory, "0755");
    var before = snapshot();

    chmod(directory, "0700");

    assertThat(snapshot()).isNotEqualTo(before);
  }

  @Test
  void anotherTimeIsNoChange() throws Exception {
    var file = Files.writeString(source.resolve("file"), "x");
    var before = snapshot();

    Files.setLastModifiedTime(file, LONG_AGO);

    assertThat(snapshot()).isEqualTo(before);
  }

  @Test
  void aBitThatDoesNotTravelIsNoChange() throws Exception {
    var file = Files.writeString(source.resolve("file"), "x");
    chmod(file, "0755");
    var before = snapshot();

    chmod(file, "4755");

    assertThat(snapshot()).isEqualTo(before);
  }

  @Test
  void noMoreIsLookedThroughThanMayBePacked() throws Exception {
    for (int i = 0; i < ENTRIES_MAX; i++) Files.createFile(source.resolve("f" + i));
    assertThat(snapshot().entries()).hasSize(ENTRIES_MAX);
    packAndUnpack();
    Files.createFile(source.resolve("more"));

    assertThatThrownBy(this::snapshot).hasMessage("WORKSPACE_TOO_LARGE");
    assertThatThrownBy(this::packAndUnpack).hasMessage("WORKSPACE_TOO_LARGE");
  }
}
