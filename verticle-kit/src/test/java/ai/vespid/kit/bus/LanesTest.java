package ai.vespid.kit.bus;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class LanesTest {
  private static final int MB = 1024 * 1024;

  private final Lanes lanes = new Lanes();
  private final List<String> sent = new ArrayList<>();
  private final Queue<Promise<String>> unanswered = new ArrayDeque<>();

  private Future<String> pass(String node, int bulk, String name) {
    return lanes.pass(
        node,
        bulk,
        () -> {
          sent.add(name);
          Promise<String> answer = Promise.promise();
          unanswered.add(answer);
          return answer.future();
        });
  }

  @Test
  void aSmallMessageNeverWaits() {
    pass("b", 8 * MB, "big");
    pass("b", 8 * MB, "bigger");
    pass("b", 0, "heartbeat");

    assertThat(sent).containsExactly("big", "heartbeat");
  }

  @Test
  void aBigOneGoesWhenThoseBeforeItAreAnswered() {
    var first = pass("b", 8 * MB, "first");
    pass("b", 200_000, "second");
    pass("b", 8 * MB, "third");

    unanswered.poll().complete("done");
    assertThat(first.result()).isEqualTo("done");
    assertThat(sent).containsExactly("first", "second");
    unanswered.poll().fail("lost");
    assertThat(sent).containsExactly("first", "second", "third");
  }

  @Test
  void someThatFitTogetherGoTogetherAndInOrder() {
    for (int i = 0; i < 10; i++) pass("b", MB / 8, "m" + i);

    assertThat(sent).containsExactly("m0", "m1", "m2", "m3");
    unanswered.poll().complete("");
    assertThat(sent).hasSize(5).endsWith("m4");
  }

  @Test
  void oneNodeDoesNotDelayAnother() {
    pass("b", 8 * MB, "to b");
    pass("c", 8 * MB, "to c");

    assertThat(sent).containsExactly("to b", "to c");
  }

  @Test
  void oneThatCannotBeSentMakesRoomForTheNext() {
    Future<String> failed =
        lanes.pass(
            "b",
            8 * MB,
            () -> {
              throw new IllegalArgumentException("no codec");
            });
    pass("b", 8 * MB, "next");

    assertThat(failed.failed()).isTrue();
    assertThat(sent).containsExactly("next");
  }
}
