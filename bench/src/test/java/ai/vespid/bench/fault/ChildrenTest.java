package ai.vespid.bench.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildrenTest {
  @TempDir private Path folder;
  private final Children children = new Children();

  private Child start() {
    return children.start("one", new ProcessBuilder("sleep", "600"), folder.resolve("log"));
  }

  @Test
  void leavesNoneAlive() {
    var first = start();
    var second = start();

    children.close();

    assertThat(first.isAlive()).isFalse();
    assertThat(second.isAlive()).isFalse();
  }

  @Test
  void startsNoneOnceTheRunIsBeingEnded() {
    try (children) {
      var before = start();
      children.noMore();

      assertThatThrownBy(this::start)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("one is not started");
      assertThat(before.isAlive()).isTrue();
    }
  }
}
