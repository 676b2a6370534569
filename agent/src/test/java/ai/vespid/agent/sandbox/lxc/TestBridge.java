package ai.vespid.agent.sandbox.lxc;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vespid.agent.settings.Problems;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A bridge of this machine for containers with a network, which leads nowhere. */
final class TestBridge implements AutoCloseable {
  static final String PREFIX = "10.213.77.";
  static final String ADDRESS = PREFIX + "1";

  private final String name = "vespid" + ProcessHandle.current().pid() % 100_000;

  /** Skips the test on a machine where none can be made. */
  TestBridge() {
    assumeTrue(ip("link", "add", name, "type", "bridge"), "no bridge can be made here");
    ip("addr", "add", ADDRESS + "/24", "dev", name);
    ip("link", "set", name, "up");
  }

  LxcNetwork network() {
    return LxcNetwork.read(name + ":" + PREFIX + "0/24", "", new Problems());
  }

  private static boolean ip(String... words) {
    var command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(words));
    try {
      return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
    } catch (IOException e) {
      return false; // There is no such program.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    ip("link", "del", name);
  }
}
