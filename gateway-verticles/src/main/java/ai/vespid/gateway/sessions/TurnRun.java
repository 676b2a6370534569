package ai.vespid.gateway.sessions;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.NodeEngine;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.protocol.session.SessionLimits;
import ai.vespid.sql.SessionRow;
import io.vertx.core.Future;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * One turn from its beginning to its outcome: think, use a tool, look at what came of it, think
 * again. Every step is an event before it counts, so another owner goes on where this one stopped:
 * a tool that was asked for and has not answered is asked for again under the same request id, and
 * what runs already is joined.
 */
final class TurnRun {
  private final Session session;
  private final Turn turn;
  private final Thought thought;
  private final HostWork work;
  private final ToolUse tools;
  private final Steps written;
  private final Optional<EngineRun> hosted;
  private boolean over;
  private int thoughts;
  private int calls;

  TurnRun(World world, Session session, Turn turn) {
    this.session = session;
    this.turn = turn;
    long deadlineMs = world.here().nowMs() + limits(session).timeoutMs();
    this.thought = new Thought(world, session, turn, deadlineMs);
    this.work = new HostWork(world, session, new Hosting(world, session, this::over));
    this.tools = new ToolUse(world, session, turn, work, deadlineMs);
    this.written = new Steps(session, turn, this::over);
    this.hosted =
        NodeEngine.of(session.row().engineId())
            .map(engine -> new EngineRun(world, session, turn, engine, work, written, deadlineMs));
  }

  private static SessionLimits limits(Session session) {
    return session.row().limits();
  }

  void begin() {
    hosted
        .map(EngineRun::run)
        .orElseGet(this::thinkHere)
        .onSuccess(this::ended)
        .onFailure(cause -> ended(TurnFailure.outcome(cause)));
  }

  /** The host told about a dispatch of this session. */
  void hear(String requestId, RawJson event) {
    if (!over) hosted.ifPresent(run -> run.hear(requestId, event));
  }

  private Future<Outcome> thinkHere() {
    var steps = session.history().steps(turn);
    calls = (int) steps.stream().filter(step -> is(step, SessionEvent.TOOL_CALL)).count();
    thoughts = (int) steps.stream().filter(step -> is(step, SessionEvent.AGENT_MESSAGE)).count();
    if (unanswered(steps)) {
      tools.expect(Payloads.Tool.read(steps.getLast().event().payload()).stream().callIndex());
    }
    return work.host(Wanted.TOOLS)
        .compose(_ -> goOn(steps))
        .compose(_ -> tools.described())
        .map(described -> {
          thought.knows(described);
          return described;
        })
        .compose(_ -> think());
  }

  // Who finds that the session is not its own any more has been dropped by that.
  private boolean over() {
    return !session.mine() || over;
  }

  private void ended(Outcome outcome) {
    if (over()) return;
    over = true;
    session.done(turn, outcome);
  }

  private static boolean is(SessionRow step, String type) {
    return step.event().eventType().equals(type);
  }

  private static boolean unanswered(List<SessionRow> steps) {
    return !steps.isEmpty() && is(steps.getLast(), SessionEvent.TOOL_CALL);
  }

  // The last owner may have stopped between a call and its answer.
  private Future<?> goOn(List<SessionRow> steps) {
    if (!unanswered(steps)) return Future.succeededFuture();
    var step = Payloads.Tool.read(steps.getLast().event().payload()).stream();
    return answer(step.call(), step.callIndex());
  }

  private Future<Outcome> think() {
    if (over()) return TurnFailure.over();
    if (thoughts++ == limits(session).maxTurns()) {
      return TurnFailure.future(
          ErrorCode.AGENT_MAX_TURNS, "more than " + limits(session).maxTurns() + " steps");
    }
    return thought
        .think()
        .compose(said -> {
          if (said.calls().isEmpty()) {
            return Future.succeededFuture(
                new Outcome.Answered(said.text(), calls, thought.usage()));
          }
          return written
              .note(said.text(), Integer.toString(calls))
              .compose(_ -> use(said.calls().iterator()))
              .compose(_ -> think());
        });
  }

  private Future<?> use(Iterator<ToolCall> wanted) {
    if (!wanted.hasNext()) return Future.succeededFuture();
    if (over()) return TurnFailure.over();
    if (calls == limits(session).maxToolCalls()) {
      return TurnFailure.future(
          ErrorCode.AGENT_MAX_TOOL_CALLS,
          "more than " + limits(session).maxToolCalls() + " calls of tools");
    }
    var call = wanted.next();
    int index = calls++;
    return written
        .store(Payloads.Step.called(index, call))
        .compose(_ -> answer(call, index))
        .compose(_ -> use(wanted));
  }

  private Future<?> answer(ToolCall call, int index) {
    return tools.use(call, index).compose(written::store);
  }

  /** Stops it wherever it runs; completes when it has. */
  Future<?> cancel() {
    over = true;
    return Future.join(thought.cancel(), work.cancel());
  }

  /** Forgets it; what a tool does goes on. */
  Future<?> drop() {
    over = true;
    return thought.cancel();
  }
}
