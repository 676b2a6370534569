package ai.vespid.agent.workspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Files that a script left such that not even their owner may read them. */
class ClosedFilesTest {
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

  private Process start(String etag, String script) throws IOException {
    var arguments = ScriptedTask.arguments(cacheRoot, store.url("k1"), etag, script);
    return other.start(List.of(), ScriptedTask.class, arguments);
  }

  private List<String> run(String etag, String script) throws Exception {
    return Unprivileged.outputOf(start(etag, script));
  }

  @Test
  void areStoredAndComeBackAsClosedAsTheyWere() throws Exception {
    var closing =
        """
        mkdir -p locked/deep no-entry
        echo one > locked/deep/f
        echo two > no-entry/f
        echo three > closed
        echo four > written-only
        chmod 000 locked/deep/f closed
        chmod 000 locked/deep
        chmod 000 locked
        chmod 600 no-entry
        chmod 200 written-only
        mkdir read-only
        echo five > read-only/f
        chmod 555 read-only
        chmod 000 .
        """;
    var stored = run(null, closing).getLast();
    assertThat(stored).startsWith("stored ");

    var looking =
        """
        stat -c '%a %n' locked no-entry closed written-only read-only
        if cat closed 2> /dev/null; then echo root; fi
        chmod 700 locked no-entry; stat -c '%a %n' locked/deep
        chmod 700 locked/deep; stat -c '%a %n' locked/deep/f
        chmod 600 closed written-only locked/deep/f
        cat locked/deep/f no-entry/f closed written-only read-only/f
        """;
    assertThat(run(stored.substring("stored ".length()), looking))
        .startsWith(
            "0 locked",
            "600 no-entry",
            "0 closed",
            "200 written-only",
            "555 read-only",
            "0 locked/deep",
            "0 locked/deep/f",
            "one",
            "two",
            "three",
            "four",
            "five");
  }

  @Test
  void areNotStoredAgainWhenNothingChanged() throws Exception {
    var stored = run(null, "mkdir d; echo x > d/f; chmod 000 d/f; chmod 000 d").getLast();

    assertThat(run(stored.substring("stored ".length()), "true")).contains("unchanged");
  }

  @Test
  void ofSomebodyElseAreReported() throws Exception {
    if (!Unprivileged.ROOT) System.out.println("skipped, only root has files of somebody else");
    assumeTrue(Unprivileged.ROOT, "only root has files of somebody else");
    var task = start(null, "pwd; read answer");
    var output = new ArrayList<String>();

    try (var said = task.inputReader();
        var answer = task.outputWriter()) {
      var foreign = Path.of(said.readLine()).resolve("foreign");
      Files.createFile(
          foreign,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      answer.write("go\n");
      answer.flush();
      output.addAll(said.readAllLines());
    }

    assertThat(output).contains("failed WORKSPACE_UPLOAD_FAILED:UNREADABLE");
    assertThat(store.objects).isEmpty();
  }
}
