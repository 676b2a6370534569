package ai.vespid.gateway.sessions;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.sql.SessionRow;

/** The last event of a turn. */
final class Ends {
  private Ends() {}

  static SessionRow.New event(Turn turn, Outcome outcome, String engineId) {
    return switch (outcome) {
      case Outcome.Answered(var text, var toolCalls, var usage) ->
          event(
              turn,
              SessionEvent.AGENT_FINAL,
              "info",
              new Payloads.Answer(text, new Payloads.Output(engineId, toolCalls, usage)));
      case Outcome.Failed(var code, var message) ->
          event(
              turn,
              SessionEvent.ERROR,
              "error",
              new Payloads.Failure(code.name(), message, turn.requestId()));
      case Outcome.Canceled(var byUserId) ->
          event(
              turn,
              SessionEvent.SYSTEM,
              "info",
              Payloads.Action.canceled(turn.requestId(), byUserId));
    };
  }

  private static SessionRow.New event(Turn turn, String type, String level, Object payload) {
    return new SessionRow.New(
        type, level, RawJson.from(payload), "end:" + turn.seq(), null, turn.seq(), true);
  }
}
