package ai.vespid.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** On a database that answers when the test says so. */
class GroupCommitTest {
  private final List<List<String>> groups = new ArrayList<>();
  private final List<Promise<List<Boolean>>> answers = new ArrayList<>();
  private final GroupCommit<String, Boolean> commits = new GroupCommit<>(2, 1, 3, this::write);

  private Future<List<Boolean>> write(List<String> rows) {
    groups.add(rows);
    answers.add(Promise.promise());
    return answers.getLast().future();
  }

  @Test
  void whatComesDuringACommitSharesTheNext() {
    var first = commits.add("a");
    var second = commits.add("b");
    var third = commits.add("c");
    var fourth = commits.add("d");
    assertThat(commits.add("e").failed()).as("three gather at the most").isTrue();

    answers.getFirst().complete(List.of(true));
    assertThat(first.result()).isTrue();
    answers.get(1).complete(List.of(false, true));

    assertThat(groups).containsExactly(List.of("a"), List.of("b", "c"), List.of("d"));
    assertThat(second.result()).isFalse();
    assertThat(third.result()).isTrue();
    assertThat(fourth.isComplete()).isFalse();
  }

  @Test
  void whatWasNotSentInTimeIsGivenUpAndNeverWritten() {
    var sent = commits.add("a");
    var late = commits.add("b");

    commits.giveUp(Duration.ofMinutes(1));
    assertThat(late.isComplete()).isFalse();
    commits.giveUp(Duration.ZERO);

    assertThat(late.cause()).isInstanceOf(TimeoutException.class);
    assertThat(sent.isComplete()).as("nobody knows whether it will be written").isFalse();
    answers.getFirst().complete(List.of(true));
    assertThat(sent.result()).isTrue();
    assertThat(groups).containsExactly(List.of("a"));
  }

  @Test
  void aGroupFailsTogether() {
    var one = commits.add("a");
    answers.getFirst().fail("away");
    assertThat(one.failed()).isTrue();
    assertThat(commits.waiting()).isZero();
  }
}
