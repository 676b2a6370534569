package ai.vespid.gateway.sessions;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.engine.NodeEngine;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Optional;

/**
 * One turn that an engine of the host carries out by itself, tools included: a dispatch {@code
 * agent.run} that is told the conversation. What it says and does meanwhile comes as progress, and
 * what of that was lost stands in its result. A host that is lost in the middle leaves the turn to
 * another one, whose engine is told what was done already.
 */
final class EngineRun {
  /** Hosts that may be lost in one turn. */
  private static final int ATTEMPTS_MAX = 3;

  /** Progress that was said before a result may come behind it. */
  private static final long LAST_WORDS_MS = 300;

  private final World world;
  private final Session session;
  private final Turn turn;
  private final NodeEngine engine;
  private final HostWork work;
  private final Steps steps;
  private final Speech speech;
  private final long deadlineMs;
  private String requestId;
  private EngineNews news;

  EngineRun(
      World world,
      Session session,
      Turn turn,
      NodeEngine engine,
      HostWork work,
      Steps steps,
      long deadlineMs) {
    this.world = world;
    this.session = session;
    this.turn = turn;
    this.engine = engine;
    this.work = work;
    this.steps = steps;
    this.speech = new Speech(world, session, turn);
    this.deadlineMs = deadlineMs;
  }

  Future<Outcome> run() {
    return world
        .keys()
        .of(session.row())
        .compose(key -> allowed().compose(allow -> attempt(1, Optional.ofNullable(key), allow)));
  }

  // Without the shell it only thinks.
  private Future<List<String>> allowed() {
    var allow = session.row().toolsAllow();
    if (!EngineTask.mayWork(allow)) return Future.succeededFuture(allow);
    return world
        .shells()
        .allows(session.row().organizationId())
        .map(permitted -> permitted ? allow : EngineTask.withoutShell(allow));
  }

  private Future<Outcome> attempt(int attempt, Optional<Keys.Key> key, List<String> allow) {
    // The same whoever owns the session: what runs already is joined.
    requestId = RequestId.ofSession(turn.sessionId(), "turn-" + turn.seq() + "-engine-" + attempt);
    news = new EngineNews(session, turn, steps, speech, attempt);
    var wanted = Wanted.of(engine, key.isPresent());
    var task = new EngineTask(session.row(), turn, engine, key, allow, world.tools());
    var id = requestId;
    return work.during(
            id,
            () ->
                work.onHost(
                    wanted,
                    host ->
                        work.run(
                            task.dispatch(
                                id,
                                wanted,
                                host,
                                task.prompt(session.history()),
                                deadlineMs - world.here().nowMs()))))
        .compose(result -> lastWords().map(_ -> result))
        .compose(result -> {
          boolean lost = ErrorCode.AGENT_DISCONNECTED.name().equals(result.error());
          return lost && attempt < ATTEMPTS_MAX
              ? news.stored().compose(_ -> attempt(attempt + 1, key, allow))
              : ended(result);
        });
  }

  private Future<Void> lastWords() {
    if (!news.expectsMore()) return Future.succeededFuture();
    Promise<Void> enough = Promise.promise();
    news.whenComplete(enough::tryComplete);
    world.here().later(LAST_WORDS_MS, enough::tryComplete);
    return enough.future();
  }

  private Future<Outcome> ended(DispatchResult result) {
    if (result.status() == ResultStatus.FAILED) {
      return news.stored().compose(_ -> Future.failedFuture(failure(result.error())));
    }
    var answer = EngineAnswer.read(result.output());
    return news.missed(answer.toolResults())
        .map(_ -> new Outcome.Answered(answer.text(), answer.toolResults().size(), answer.usage()));
  }

  // A result says its code, and more behind a colon.
  private static TurnFailure failure(String error) {
    var parts = error.split(":", 2);
    var message = parts.length == 2 ? parts[1] : "the engine of the host has no answer";
    for (var code : ErrorCode.values()) {
      if (code.name().equals(parts[0])) return new TurnFailure(code, message);
    }
    return new TurnFailure(ErrorCode.NODE_EXECUTION_FAILED, error);
  }

  /** The host told about a dispatch of this session. */
  void hear(String ofRequestId, RawJson event) {
    if (ofRequestId.equals(requestId)) news.hear(event);
  }
}
