package ai.vespid.gateway.sessions;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.sql.SessionOwnerRepository.Nothing;
import ai.vespid.sql.SessionRow;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Writes down what is done in a turn: each step under a key of its own, so each once. */
final class Steps {
  private final Session session;
  private final Turn turn;
  private final BooleanSupplier over;

  Steps(Session session, Turn turn, BooleanSupplier over) {
    this.session = session;
    this.turn = turn;
    this.over = over;
  }

  /**
   * What was said before a tool was used.
   *
   * @param key tells it apart from the turn's others
   */
  Future<?> note(String text, String key) {
    if (text.isBlank()) return Future.succeededFuture();
    var payload = RawJson.from(new Payloads.Message(text, null, null));
    return store(SessionEvent.AGENT_MESSAGE, "message:" + turn.requestId() + ':' + key, payload);
  }

  Future<?> store(Payloads.Step step) {
    return store(
        step.kind(),
        "stream:" + turn.requestId() + ':' + step.kind() + ':' + step.callIndex(),
        RawJson.from(new Payloads.Tool(turn.requestId(), step)));
  }

  private Future<?> store(String type, String key, RawJson payload) {
    if (over.getAsBoolean()) return TurnFailure.over();
    var event = new SessionRow.New(type, "info", payload, key, null, turn.seq(), false);
    return session.insist(List.of(event), new Nothing(), () -> !over.getAsBoolean());
  }
}
