package ai.vespid.agent.work;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  @TempDir Path parent;

  private Path directory;
  private Journal journal;

  @BeforeEach
  void open() throws IOException {
    directory = parent.resolve("journal");
    journal = new Journal(directory, Duration.ofMinutes(15), 2);
  }

  private static ToolResult result(String id) {
    var output = RawJson.of("{\"a\": [1,\"é\"]}");
    return new ToolResult(id, 3, ResultStatus.FAILED, output, "E", null);
  }

  private void write(String id, Instant time) throws IOException {
    var before = files();
    journal.write(result(id));
    for (var file : Files.newDirectoryStream(directory)) {
      if (!before.contains(file.toString())) Files.setLastModifiedTime(file, FileTime.from(time));
    }
  }

  private String files() throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(Path::toString).sorted().toList().toString();
    }
  }

  @Test
  void givesBackWhatWasWrittenAndNotRemoved() throws IOException {
    journal.write(result("../../etc/r:1"));
    journal.write(result("r2"));
    journal.remove("r2");
    journal.remove("never there");

    assertThat(journal.read(Instant.now())).containsExactly(result("../../etc/r:1"));
  }

  @Test
  void nobodyElseCanReadIt() throws IOException {
    journal.write(result("r1"));

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
        .isEqualTo("rwx------");
    try (var files = Files.list(directory)) {
      assertThat(files)
          .allSatisfy(file ->
              assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                  .isEqualTo("rw-------"));
    }
  }

  @Test
  void keepsTheNewestAndDropsWhatIsTooOld() throws IOException {
    var now = Instant.now();
    write("old", now.minusSeconds(901));
    write("first", now.minusSeconds(30));
    write("third", now.minusSeconds(10));
    write("second", now.minusSeconds(20));

    assertThat(journal.read(now)).containsExactly(result("second"), result("third"));
    assertThat(journal.read(now)).hasSize(2);
  }

  @Test
  void dropsWhatIsHalfWrittenOrNonsenseAndMindsNothingElse() throws IOException {
    Files.writeString(directory.resolve("a.result"), "{\"type\":\"tool_res");
    Files.writeString(directory.resolve("b.result"), "{\"type\":\"dispatch_ack\"}");
    Files.writeString(directory.resolve("c.tmp"), "half");
    Files.createDirectories(directory.resolve("d.result").resolve("full"));

    assertThat(journal.read(Instant.now())).isEmpty();
    assertThat(files()).doesNotContain("a.result", "b.result", "c.tmp");
  }

  @Test
  void knowsWhoWroteHereBefore() throws IOException {
    var first = "11111111-1111-4111-8111-111111111111";

    assertThat(journal.writer()).isEmpty();
    journal.takeOver("x");
    assertThat(journal.writer()).as("no boot id").isEmpty();
    journal.takeOver(first);
    assertThat(journal.read(Instant.now())).isEmpty();
    assertThat(journal.writer()).contains(first);
  }
}
