package ai.vespid.gateway.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.sessions.TurnQueue.Command;
import ai.vespid.gateway.sessions.TurnQueue.Command.Abort;
import ai.vespid.gateway.sessions.TurnQueue.Command.Begin;
import ai.vespid.gateway.sessions.TurnQueue.Command.End;
import ai.vespid.protocol.ErrorCode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The rules of turns, without anything around them. */
final class TurnQueueTest {
  private static final Outcome ANSWER = new Outcome.Answered("a", 0);

  private final TurnQueue queue = new TurnQueue(1_000);

  private static Turn turn(long seq) {
    return new Turn("s", seq, "u");
  }

  @Test
  void runsOneTurnAtATimeInTheOrderOfTheirMessages() {
    queue.arrive(turn(1), 0);
    queue.arrive(turn(3), 0);
    assertThat(queue.commands()).containsExactly(new Begin(turn(1)));
    queue.done(turn(1), ANSWER);
    assertThat(queue.commands()).containsExactly(new End(turn(1), ANSWER));
    queue.ended(turn(1), 5);

    assertThat(queue.commands()).containsExactly(new Begin(turn(3)));
  }

  @Test
  void knowsAMessageThatIsSaidAgain() {
    queue.arrive(turn(1), 0);
    queue.arrive(turn(1), 0);
    queue.done(turn(1), ANSWER);
    queue.ended(turn(1), 0);
    queue.arrive(turn(1), 0);

    assertThat(queue.commands()).containsExactly(new Begin(turn(1)), new End(turn(1), ANSWER));
    assertThat(queue.idle()).isTrue();
  }

  @Test
  void beginsNoTurnBeforeTheEndOfTheLastIsStored() {
    queue.arrive(turn(1), 0);
    queue.arrive(turn(2), 0);
    queue.done(turn(1), ANSWER);
    queue.commands();
    queue.tick(10_000);
    queue.cancel("u", Long.MAX_VALUE);

    assertThat(queue.commands()).isEmpty();
  }

  @Test
  void stopsACanceledTurnAndBelievesNothingItSaysLater() {
    queue.arrive(turn(1), 0);
    queue.commands();
    assertThat(queue.cancel("bob", Long.MAX_VALUE)).contains(turn(1));
    queue.done(turn(1), ANSWER);
    assertThat(queue.cancel("bob", Long.MAX_VALUE)).isEmpty();

    assertThat(queue.commands())
        .containsExactly(new Abort(turn(1)), new End(turn(1), new Outcome.Canceled("bob")));
  }

  @Test
  void doesNotCancelATurnThatCameAfterSomebodyWantedThat() {
    queue.arrive(turn(5), 0);
    queue.commands();

    assertThat(queue.cancel("bob", 4)).isEmpty();
    assertThat(queue.commands()).isEmpty();
    assertThat(queue.cancel("bob", 5)).contains(turn(5));
  }

  @Test
  void endsATurnThatTakesTooLong() {
    queue.arrive(turn(1), 500);
    queue.tick(1_499);
    assertThat(queue.commands()).containsExactly(new Begin(turn(1)));
    queue.tick(1_500);

    assertThat(queue.commands()).first().isEqualTo(new Abort(turn(1)));
    assertThat(queue.current()).contains(turn(1));
  }

  @Test
  void doesNothingMoreOnceItIsAnothersSession() {
    queue.arrive(turn(1), 0);
    queue.arrive(turn(2), 0);
    queue.commands();
    queue.done(turn(1), ANSWER);
    queue.fence();
    queue.ended(turn(1), 0);
    queue.arrive(turn(9), 0);

    assertThat(queue.commands()).isEmpty();
    assertThat(queue.current()).isEmpty();
  }

  @Test
  void isFullBeforeAMessageIsTakenThatItCouldNotKeep() {
    for (int i = 0; i <= TurnQueue.WAITING_MAX; i++) {
      assertThat(queue.full()).isFalse();
      queue.arrive(turn(i), 0);
    }

    assertThat(queue.full()).isTrue();
  }

  /** What happens in any order, with any delay: every turn ends once and in order, none is lost. */
  @Test
  void endsEveryTurnOnceAndInOrderWhateverHappens() {
    for (int seed = 0; seed < 2_000; seed++) {
      new History(seed).play();
    }
  }

  /** One random life of a queue. */
  private static final class History {
    private final int seed;
    private final Random random;
    private final TurnQueue queue = new TurnQueue(50);
    private final List<Turn> begun = new ArrayList<>();
    private final List<Turn> ended = new ArrayList<>();
    private final List<Turn> unstored = new ArrayList<>();
    private long nowMs;
    private long seq;

    History(int seed) {
      this.seed = seed;
      this.random = new Random(seed);
    }

    void play() {
      for (int step = 0; step < 200; step++) {
        nowMs += random.nextInt(20);
        event();
        carryOut();
      }
      while (!queue.idle()) {
        nowMs += 50;
        queue.tick(nowMs);
        carryOut();
        store();
        carryOut();
      }
      assertThat(ended).as("seed %d", seed).isEqualTo(begun).hasSize((int) seq);
    }

    private void event() {
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          if (!queue.full()) queue.arrive(turn(seq++), nowMs);
        }
        case 2 -> {
          if (!begun.isEmpty()) queue.done(begun.get(random.nextInt(begun.size())), ANSWER);
        }
        case 3 -> queue.cancel("u", Long.MAX_VALUE);
        case 4 -> store();
        default -> queue.tick(nowMs);
      }
    }

    private void store() {
      if (!unstored.isEmpty()) queue.ended(unstored.removeFirst(), nowMs);
    }

    private void carryOut() {
      for (Command command : queue.commands()) {
        switch (command) {
          case Begin(Turn turn) -> begun.add(turn);
          case Abort _ -> {}
          case End(Turn turn, Outcome outcome) -> {
            ended.add(turn);
            unstored.add(turn);
            if (outcome instanceof Outcome.Failed failed) {
              assertThat(failed.code()).isEqualTo(ErrorCode.NODE_EXECUTION_TIMEOUT);
            }
          }
        }
      }
      assertThat(new HashSet<>(ended)).as("seed %d", seed).hasSize(ended.size());
      assertThat(begun.size() - ended.size()).as("seed %d", seed).isBetween(0, 1);
    }
  }
}
