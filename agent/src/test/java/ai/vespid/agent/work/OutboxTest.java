package ai.vespid.agent.work;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import org.junit.jupiter.api.Test;

class OutboxTest {
  private final Outbox outbox = new Outbox(new Outbox.Limits(3, 5_000, 1_000, 100));

  private static ToolResult result(String id, Integer epoch, int bytes) {
    var output = RawJson.of('"' + "x".repeat(bytes) + '"');
    return new ToolResult(id, epoch, ResultStatus.SUCCEEDED, output, null, null);
  }

  private ToolResult put(String id) {
    var result = result(id, 1, 1);
    outbox.put(result, 0);
    outbox.safe(result);
    return result;
  }

  @Test
  void sendsNothingThatIsNotOnDisk() {
    var result = result("request-0a", 1, 1);
    outbox.put(result, 0);
    assertThat(outbox.due(0)).isEmpty();
    assertThat(outbox.allSafe()).isFalse();

    outbox.safe(result);

    assertThat(outbox.due(0)).containsExactly(result);
  }

  @Test
  void repeatsWhatIsNotAcknowledgedInTime() {
    var result = put("request-0a");

    assertThat(outbox.due(0)).containsExactly(result);
    assertThat(outbox.due(99)).isEmpty();
    assertThat(outbox.due(100)).containsExactly(result);
    assertThat(outbox.acknowledged("request-0a", 1)).isTrue();
    assertThat(outbox.due(900)).isEmpty();
    assertThat(outbox.isEmpty()).isTrue();
  }

  @Test
  void sendsEachOncePerConnectionWhereNothingIsAcknowledged() {
    var result = put("request-0a");

    assertThat(outbox.unsent(0)).containsExactly(result);
    assertThat(outbox.unsent(500)).isEmpty();
    outbox.reconnected();
    assertThat(outbox.unsent(600)).containsExactly(result);
  }

  @Test
  void letsTheOldestGoForRoom() {
    put("request-0a");
    put("request-0b");
    put("request-0c");

    assertThat(outbox.put(result("request-0d", 1, 1), 0)).containsExactly("request-0a");
    assertThat(outbox.put(result("request-0e", 1, 3_900), 0))
        .containsExactly("request-0b", "request-0c");
    assertThat(outbox.held()).containsExactly(new Held("request-0d", 1), new Held("request-0e", 1));
    assertThat(outbox.put(result("request-0f", 1, 9_000), 0))
        .containsExactly("request-0d", "request-0e");
    assertThat(outbox.held()).containsExactly(new Held("request-0f", 1));
  }

  @Test
  void forgetsWhatIsTooOld() {
    put("request-0a");

    assertThat(outbox.expire(1_000)).isEmpty();
    assertThat(outbox.expire(1_001)).containsExactly("request-0a");
  }

  @Test
  void anAcknowledgementOfAnEarlierAttemptIsNotOne() {
    var first = result("request-0a", 1, 1);
    outbox.put(first, 0);
    outbox.put(outbox.under("request-0a", 4).orElseThrow(), 0);

    assertThat(outbox.acknowledged("request-0a", 1)).isFalse();
    assertThat(outbox.held()).containsExactly(new Held("request-0a", 4));
    assertThat(outbox.under("request-0a", 2).orElseThrow().epoch()).isEqualTo(4);
    assertThat(outbox.acknowledged("request-0a", null)).isTrue();
  }

  @Test
  void aWriteOfAReplacedResultDoesNotMakeTheNewOneSafe() {
    var first = result("request-0a", 1, 1);
    outbox.put(first, 0);
    outbox.put(result("request-0a", 2, 1), 0);

    outbox.safe(first);

    assertThat(outbox.due(0)).isEmpty();
  }

  @Test
  void answersAgainWithWhatAGatewayDidNotWant() {
    put("request-0a");

    assertThat(outbox.unwanted("request-0a", 1, 0)).isTrue();

    assertThat(outbox.isEmpty()).isTrue();
    assertThat(outbox.held()).isEmpty();
    assertThat(outbox.due(500)).isEmpty();
    assertThat(outbox.under("request-0a", 7)).get().extracting(ToolResult::epoch).isEqualTo(7);
    assertThat(outbox.unwanted("request-0a", 1, 0)).isFalse();
  }

  @Test
  void boundsWhatNobodyWanted() {
    for (int i = 0; i < 5; i++) {
      put("request-0" + i);
      outbox.unwanted("request-0" + i, 1, i);
    }
    assertThat(outbox.under("request-01", 2)).isEmpty();
    assertThat(outbox.under("request-04", 2)).isPresent();

    outbox.expire(1_005);

    assertThat(outbox.under("request-04", 2)).isEmpty();
  }
}
