package ai.vespid.agent.workspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveTest {
  private static final long BYTES_MAX = 1 << 20;

  @TempDir Path temporary;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private TarArchiveOutputStream tar;
  private Path directory;

  @BeforeEach
  void open() throws IOException {
    directory = Files.createDirectory(temporary.resolve("inside"));
    tar = new TarArchiveOutputStream(new ZstdOutputStream(bytes));
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
  }

  private void file(String name, String content) throws IOException {
    var entry = new TarArchiveEntry(name, true);
    var data = content.getBytes(StandardCharsets.UTF_8);
    entry.setSize(data.length);
    tar.putArchiveEntry(entry);
    tar.write(data);
    tar.closeArchiveEntry();
  }

  private void special(String name, byte type, String link) throws IOException {
    var entry = new TarArchiveEntry(name, type, true);
    if (link != null) entry.setLinkName(link);
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  private void unpack() throws Exception {
    tar.close();
    Archive.unpack(new ByteArrayInputStream(bytes.toByteArray()), directory, BYTES_MAX, 50);
  }

  private void isRefused() throws IOException {
    assertThatThrownBy(this::unpack)
        .isInstanceOf(WorkspaceFailed.class)
        .hasMessage("WORKSPACE_ARCHIVE_INVALID");
    try (var outside = Files.list(temporary)) {
      assertThat(outside).containsExactly(directory);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"../evil", "/tmp/evil", "a/../../evil", "..", "a/../..", "./../evil"})
  void nothingIsWrittenOutside(String name) throws IOException {
    file(name, "x");

    isRefused();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/etc/passwd", "../evil", "a/../../evil", "a/../b", "./../../x"})
  void noLinkLeadsOutside(String target) throws IOException {
    special("link", TarConstants.LF_SYMLINK, target);

    isRefused();
  }

  @Test
  void nothingIsWrittenThroughALink() throws IOException {
    special("real/", TarConstants.LF_DIR, null);
    special("link", TarConstants.LF_SYMLINK, "real");
    file("link/evil", "x");

    isRefused();
    assertThat(directory.resolve("real/evil")).doesNotExist();
  }

  @Test
  void aChainOfLinksThatClimbsOutIsRefused() throws IOException {
    special("a/b/c/", TarConstants.LF_DIR, null);
    special("a/b/c/up", TarConstants.LF_SYMLINK, "../../..");
    special("out", TarConstants.LF_SYMLINK, "a/b/c/up/..");

    isRefused();
  }

  @ParameterizedTest
  @ValueSource(bytes = {TarConstants.LF_BLK, TarConstants.LF_CHR, TarConstants.LF_FIFO})
  void devicesAndPipesAreRefused(byte type) throws IOException {
    special("thing", type, "target");

    isRefused();
  }

  @Test
  void theDirectoryItselfMayOnlyBeADirectory() throws IOException {
    file(".", "x");

    isRefused();
  }

  @Test
  void moreBytesThanAllowedAreRefused() throws IOException {
    for (int i = 0; i < 3; i++) file("f" + i, "x".repeat(500_000));

    isRefused();
  }

  @Test
  void moreEntriesThanAllowedAreRefused() throws IOException {
    for (int i = 0; i < 51; i++) file("f" + i, "x");

    isRefused();
  }

  @Test
  void directoriesThatOnlyNamesTellOfCountAsEntries() throws IOException {
    file("d/".repeat(60) + "f", "x");

    isRefused();
  }

  @ParameterizedTest
  @ValueSource(ints = {256, 4_096})
  void aNameThatNoDiskTakesIsRefused(int length) throws IOException {
    file("n".repeat(length), "x");

    isRefused();
  }

  @Test
  void aPathThatNoDiskTakesIsRefused() throws IOException {
    file(("d".repeat(200) + "/").repeat(21) + "f", "x");

    isRefused();
  }

  @ParameterizedTest
  @ValueSource(strings = {"thing/", "thing/below/", "thing/below/deep/"})
  void whatIsAFileCannotBeADirectoryToo(String name) throws IOException {
    file("thing", "x");
    special(name, TarConstants.LF_DIR, null);

    isRefused();
  }

  @Test
  void aTargetThatIsNoDirectoryIsNoFaultOfTheArchive() throws Exception {
    Files.delete(directory);
    Files.createFile(directory);
    file("a", "x");

    assertThatThrownBy(this::unpack).isInstanceOf(IOException.class);
  }

  @Test
  void aNameThatFillsTheMemoryIsRefused() throws IOException {
    var name = new TarArchiveEntry(TarConstants.GNU_LONGLINK, TarConstants.LF_GNUTYPE_LONGNAME);
    name.setSize(900_000);
    tar.putArchiveEntry(name);
    tar.write(new byte[900_000]);
    tar.closeArchiveEntry();
    file("a", "x");

    isRefused();
  }

  @Test
  void whatIsNoArchiveIsRefused() {
    var random = new Random(7);
    var noise = new byte[5_000];
    random.nextBytes(noise);

    assertThatThrownBy(
            () -> Archive.unpack(new ByteArrayInputStream(noise), directory, BYTES_MAX, 50))
        .hasMessage("WORKSPACE_ARCHIVE_INVALID");
  }

  @Test
  void anArchiveOfADotIsTaken() throws Exception {
    special("./", TarConstants.LF_DIR, null);
    special("./sub/", TarConstants.LF_DIR, null);
    file("./sub/a", "content");
    special("./link", TarConstants.LF_SYMLINK, "sub/a");

    unpack();

    assertThat(directory.resolve("link")).hasContent("content");
  }

  @Test
  void anArchiveFromBeforeModesWereKeptStillOpens() throws Exception {
    special("sub/", TarConstants.LF_DIR, null);
    file("sub/a", "content");
    var program = new TarArchiveEntry("sub/run");
    program.setMode(0755);
    tar.putArchiveEntry(program);
    tar.closeArchiveEntry();

    unpack();

    assertThat(directory.resolve("sub/a")).hasContent("content").isWritable();
    assertThat(directory.resolve("sub/run")).isExecutable();
  }

  @ParameterizedTest
  @ValueSource(strings = {"99999999999999999999", "1e999999999", "nonsense"})
  void aTimeThatIsNoneIsRefused(String time) throws IOException {
    fileOf(time);

    isRefused();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1000000000000000", "-1000000000000000", "0.5", "-1"})
  void aTimeFarAwayDoesNoHarm(String time) throws Exception {
    fileOf(time);

    unpack();

    assertThat(directory.resolve("a")).hasContent("x");
  }

  private void fileOf(String time) throws IOException {
    // Two digits of its length included.
    var record = " mtime=" + time + "\n";
    int length = record.length() + 2;
    var header = new TarArchiveEntry("pax", TarConstants.LF_PAX_EXTENDED_HEADER_LC);
    header.setSize(length);
    tar.putArchiveEntry(header);
    tar.write((length + record).getBytes(StandardCharsets.UTF_8));
    tar.closeArchiveEntry();
    file("a", "x");
  }

  @Test
  void packsSoThatItUnpacksAgainAndLeavesOutWhatWouldBeRefused() throws Exception {
    var source = Files.createDirectory(temporary.resolve("source"));
    Files.createDirectories(source.resolve("deep/" + "d".repeat(120)));
    Files.createDirectory(source.resolve("empty"));
    Files.writeString(source.resolve("deep/" + "d".repeat(120) + "/ä"), "long");
    var program = Files.writeString(source.resolve("run"), "#!/bin/sh\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
    Files.createSymbolicLink(source.resolve("deep/up"), Path.of("../run"));
    Files.createSymbolicLink(source.resolve("out"), Path.of("/usr/bin/env"));
    Files.createSymbolicLink(source.resolve("far"), Path.of("../../etc"));
    Files.createSymbolicLink(source.resolve("dangling"), Path.of("n".repeat(300)));
    assertThat(new ProcessBuilder("mkfifo", source.resolve("pipe").toString()).start().waitFor())
        .isZero();
    var archive = temporary.resolve("archive");

    Packer.pack(source, archive, BYTES_MAX, 50);
    try (var in = Files.newInputStream(archive)) {
      Archive.unpack(in, directory, BYTES_MAX, 50);
    }

    for (var left : new String[] {"out", "far", "pipe"}) {
      assertThat(Files.exists(directory.resolve(left), LinkOption.NOFOLLOW_LINKS)).isFalse();
      Files.delete(source.resolve(left));
    }
    assertThat(Snapshot.of(directory, 50)).isEqualTo(Snapshot.of(source, 50));
  }

  @Test
  void whatCouldNotBeUnpackedAgainIsNotPacked() throws IOException {
    var source = Files.createDirectory(temporary.resolve("source"));
    Files.writeString(source.resolve("a"), "x".repeat(1 << 20));

    assertThatThrownBy(() -> Packer.pack(source, temporary.resolve("archive"), BYTES_MAX, 50))
        .hasMessage("WORKSPACE_TOO_LARGE");
  }

  @Test
  void deletesWhatAScriptProtectedAndNothingALinkLeadsTo() throws Exception {
    var precious = Files.writeString(temporary.resolve("precious"), "x");
    var closed = Files.createDirectories(directory.resolve("a/closed"));
    Files.writeString(closed.resolve("f"), "x");
    Files.createSymbolicLink(directory.resolve("link"), temporary);
    assertThat(
            new ProcessBuilder("chmod", "-R", "000", directory.resolve("a").toString())
                .start()
                .waitFor())
        .isZero();

    Deletion.of(directory);

    assertThat(directory).doesNotExist();
    assertThat(precious).exists();
  }
}
