package ai.vespid.agent.workspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Second names of a file, as GNU tar writes them. */
class HardLinkTest {
  @TempDir Path temporary;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private TarArchiveOutputStream tar;
  private Path directory;
  private Path outside;

  @BeforeEach
  void open() throws IOException {
    directory = Files.createDirectory(temporary.resolve("inside"));
    outside = Files.writeString(temporary.resolve("outside"), "theirs");
    tar = new TarArchiveOutputStream(new ZstdOutputStream(bytes));
  }

  private void add(String name, byte type, String link) throws IOException {
    var entry = new TarArchiveEntry(name, type, true);
    if (link != null) entry.setLinkName(link);
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  private void file(String name, String content, int mode) throws IOException {
    var entry = new TarArchiveEntry(name);
    entry.setSize(content.length());
    entry.setMode(mode);
    tar.putArchiveEntry(entry);
    tar.write(content.getBytes());
    tar.closeArchiveEntry();
  }

  private void unpack() throws Exception {
    tar.close();
    Archive.unpack(new ByteArrayInputStream(bytes.toByteArray()), directory, 1 << 20, 50);
  }

  private void isRefused() {
    assertThatThrownBy(this::unpack)
        .isInstanceOf(WorkspaceFailed.class)
        .hasMessage("WORKSPACE_ARCHIVE_INVALID");
    assertThat(outside).hasContent("theirs");
  }

  @Test
  void thatGnuTarWritesAreTaken() throws Exception {
    var source = Files.createDirectories(temporary.resolve("source"));
    Files.createDirectory(source.resolve("deep"));
    Files.writeString(source.resolve("a"), "content");
    Files.createLink(source.resolve("deep/b"), source.resolve("a"));
    var archive = temporary.resolve("archive");
    var command = "tar -C '%s' -cf - . | zstd -q > '%s'".formatted(source, archive);
    Unprivileged.assume(List.of("sh", "-c", "tar --version && zstd --version"), "no GNU tar");
    assertThat(new ProcessBuilder("sh", "-c", command).inheritIO().start().waitFor()).isZero();

    try (var in = Files.newInputStream(archive)) {
      Archive.unpack(in, directory, 1 << 20, 50);
    }

    assertThat(directory.resolve("a")).hasContent("content");
    assertThat(directory.resolve("deep/b")).hasContent("content");
    assertThat(Files.isSameFile(directory.resolve("a"), directory.resolve("deep/b"))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"d/a", "./d/a", "d/../d/a"})
  void toAFileThatCameBeforeAreTaken(String target) throws Exception {
    file("d/a", "content", 0);
    add("other/b", TarConstants.LF_LINK, target);

    unpack();

    assertThat(Files.isSameFile(directory.resolve("d/a"), directory.resolve("other/b"))).isTrue();
  }

  @Test
  void areReplacedByALaterFileWithoutTheOtherName() throws Exception {
    file("a", "first", 0644);
    add("b", TarConstants.LF_LINK, "a");
    file("b", "second", 0644);

    unpack();

    assertThat(directory.resolve("a")).hasContent("first");
    assertThat(directory.resolve("b")).hasContent("second");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../outside", "d/../../outside", "/etc/passwd", "", ".", ".."})
  void thatLeadOutsideAreRefused(String target) throws IOException {
    add("d/", TarConstants.LF_DIR, null);
    add("b", TarConstants.LF_LINK, target);

    isRefused();
  }

  @ParameterizedTest
  @ValueSource(strings = {"missing", "d", "b", "a/below", "link", "link/a"})
  void toAnythingButAFileThatCameBeforeAreRefused(String target) throws IOException {
    file("d/a", "x", 0644);
    file("a", "x", 0644);
    add("link", TarConstants.LF_SYMLINK, "d");
    add("b", TarConstants.LF_LINK, target);

    isRefused();
  }

  @Test
  void toALinkAreRefused() throws IOException {
    file("a", "x", 0644);
    add("alias", TarConstants.LF_SYMLINK, "a");
    add("b", TarConstants.LF_LINK, "alias");

    isRefused();
  }

  @Test
  void countAsEntries() throws IOException {
    file("a", "x", 0644);
    for (int i = 0; i < 50; i++) add("b" + i, TarConstants.LF_LINK, "a");

    isRefused();
  }

  @Test
  void mayNotNameThemselvesToRemoveAFile() throws IOException {
    file("a", "x", 0644);
    add("a", TarConstants.LF_LINK, "a");

    isRefused();
  }
}
