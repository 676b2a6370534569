package ai.vespid.agent.sandbox.qemu;

import ai.vespid.agent.session.SessionContract;
import ai.vespid.agent.session.SessionProvider;
import ai.vespid.agent.session.Sessions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sessions in real machines of QEMU. */
@Timeout(600)
class QemuSessionsTest implements SessionContract {
  @TempDir Path directory;

  private SessionProvider provider;

  @BeforeAll
  static void qemu() {
    TestGuest.required();
  }

  @BeforeEach
  void assemble() throws IOException {
    provider = TestGuest.sandbox(Map.of(), directory).sessions(directory.resolve("qemu"));
    Files.createDirectories(directory.resolve("files"));
  }

  @AfterEach
  void removeAll() throws Exception {
    for (var handle : provider.list().keySet()) provider.destroy(handle);
  }

  @Override
  public SessionProvider provider() {
    return provider;
  }

  @Override
  public Path directory() {
    return directory;
  }

  @Override
  public boolean runs(Sessions sessions, String seconds) throws Exception {
    // Its processes are none of this machine's.
    var script =
        "for p in /proc/[0-9]*; do case \"$(tr '\\0' ' ' <$p/cmdline)\" in \"sleep SECONDS \")"
            + " echo yes; esac; done";
    return SessionContract.exec(sessions, "one", "sh", "-c", script.replace("SECONDS", seconds))
        .stdout()
        .contains("yes");
  }
}
