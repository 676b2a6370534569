package ai.vespid.gateway.sessions;

import ai.vespid.protocol.ErrorCode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The turns of one session: one at a time, in the order of their messages, none dropped, each ended
 * once. It decides and does nothing itself: what is to be done are {@link Command}s.
 *
 * <pre>
 *   Idle ──Begin──> Running ──done, cancel, timeout──> Ending ──ended (its event is stored)──> Idle
 *     └────────────────┴───────────────fence─────────────┴──> Fenced: another owner goes on
 * </pre>
 */
final class TurnQueue {
  /** How many messages may wait; one more is refused before it is stored. */
  static final int WAITING_MAX = 100;

  /** What the owner must do next, in order. */
  sealed interface Command {
    /** Run it. */
    record Begin(Turn turn) implements Command {}

    /** Whatever runs for it must stop; nothing it says counts any more. */
    record Abort(Turn turn) implements Command {}

    /** Store its end, then say {@link #ended}. */
    record End(Turn turn, Outcome outcome) implements Command {}
  }

  private sealed interface State {
    record Idle() implements State {}

    record Running(Turn turn, long deadlineMs) implements State {}

    record Ending(Turn turn) implements State {}

    record Fenced() implements State {}
  }

  private final long timeoutMs;
  private final Deque<Turn> waiting = new ArrayDeque<>();
  private State state = new State.Idle();
  private long newestSeq = -1;
  private List<Command> out = new ArrayList<>();

  /**
   * @param timeoutMs from a turn's beginning
   */
  TurnQueue(int timeoutMs) {
    this.timeoutMs = timeoutMs;
  }

  /** What was decided since the last call. */
  List<Command> commands() {
    if (out.isEmpty()) return List.of();
    var decided = out;
    out = new ArrayList<>();
    return decided;
  }

  boolean full() {
    return waiting.size() >= WAITING_MAX;
  }

  boolean idle() {
    return state instanceof State.Idle && waiting.isEmpty();
  }

  /** The turn that runs or is ending. */
  Optional<Turn> current() {
    return switch (state) {
      case State.Running(Turn turn, _) -> Optional.of(turn);
      case State.Ending(Turn turn) -> Optional.of(turn);
      case State.Idle _, State.Fenced _ -> Optional.empty();
    };
  }

  /** A message is stored. The same again changes nothing. */
  void arrive(Turn turn, long nowMs) {
    if (state instanceof State.Fenced || turn.seq() <= newestSeq) return;
    newestSeq = turn.seq();
    waiting.add(turn);
    beginNext(nowMs);
  }

  /** What runs for this turn has come to its end; said of another turn it is stale. */
  void done(Turn turn, Outcome outcome) {
    if (state instanceof State.Running(Turn running, _) && running.equals(turn)) {
      end(turn, outcome);
    }
  }

  /**
   * The turn that is under way ends now, if there is one. Those that wait go on.
   *
   * @param upToSeq a turn of a later message is not meant
   */
  Optional<Turn> cancel(String byUserId, long upToSeq) {
    if (!(state instanceof State.Running(Turn turn, _))) return Optional.empty();
    if (turn.seq() > upToSeq) return Optional.empty();
    out.add(new Command.Abort(turn));
    end(turn, new Outcome.Canceled(byUserId));
    return Optional.of(turn);
  }

  /** Time passed. */
  void tick(long nowMs) {
    if (!(state instanceof State.Running(Turn turn, long deadlineMs)) || nowMs < deadlineMs) return;
    out.add(new Command.Abort(turn));
    end(
        turn,
        new Outcome.Failed(ErrorCode.NODE_EXECUTION_TIMEOUT, "the turn took more than its time"));
  }

  private void end(Turn turn, Outcome outcome) {
    state = new State.Ending(turn);
    out.add(new Command.End(turn, outcome));
  }

  /** The end of this turn is stored: the next one may begin. */
  void ended(Turn turn, long nowMs) {
    if (!(state instanceof State.Ending(Turn ending)) || !ending.equals(turn)) return;
    state = new State.Idle();
    beginNext(nowMs);
  }

  /** The session is another owner's: everything stops, nothing more is stored. */
  void fence() {
    if (state instanceof State.Running(Turn turn, _)) out.add(new Command.Abort(turn));
    out.removeIf(command -> !(command instanceof Command.Abort));
    waiting.clear();
    state = new State.Fenced();
  }

  private void beginNext(long nowMs) {
    if (!(state instanceof State.Idle) || waiting.isEmpty()) return;
    var turn = waiting.poll();
    state = new State.Running(turn, nowMs + timeoutMs);
    out.add(new Command.Begin(turn));
  }
}
