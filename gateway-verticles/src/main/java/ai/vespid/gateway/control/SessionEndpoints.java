package ai.vespid.gateway.control;

import ai.vespid.gateway.control.Query.Cursor;
import ai.vespid.gateway.control.SessionRouting.Wanting;
import ai.vespid.gateway.control.SessionView.EventView;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.SessionTurns;
import ai.vespid.protocol.bus.SessionTurns.Canceling;
import ai.vespid.protocol.bus.SessionTurns.Refused;
import ai.vespid.protocol.bus.SessionTurns.Reply;
import ai.vespid.protocol.bus.SessionTurns.Said;
import ai.vespid.protocol.http.SessionBody;
import ai.vespid.protocol.session.ViewerFrame;
import ai.vespid.sql.AgentSession;
import ai.vespid.sql.BindingRepository;
import ai.vespid.sql.BindingRepository.Binding;
import ai.vespid.sql.SessionRepository;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Interactive sessions (contract 4.5). A member sees and drives their own, owners and admins all
 * (defect D12). What happens in a session its home writes, so viewers see it too (defect E12).
 */
final class SessionEndpoints {
  private static final Duration ASK_MAX = Duration.ofSeconds(20);
  private static final List<String> STATES = List.of("active", "archived", "all");

  /** The payload of a session's first event. */
  private record Created(
      String engineId, SessionBody.Engine engine, Routing route, String executionMode) {}

  private record Routing(String sessionKey, String scope, String routedAgentId, String bindingId) {}

  private final SessionRepository sessions;
  private final BindingRepository bindings;
  private final HomeCalls homes;

  SessionEndpoints(SessionRepository sessions, BindingRepository bindings, HomeCalls homes) {
    this.sessions = sessions;
    this.bindings = bindings;
    this.homes = homes;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of(
        "createSession", this::create,
        "listSessions", this::list,
        "readSession", this::read,
        "sendSessionMessage", this::send,
        "listSessionEvents", this::events,
        "resetSession", this::reset,
        "cancelSession", this::cancel,
        "archiveSession", this::archive,
        "restoreSession", this::restore);
  }

  private static <T> T body(Call call, Class<T> type) {
    var sent = call.context().body();
    return Json.read(sent.isEmpty() ? new byte[] {'{', '}'} : sent.buffer().getBytes(), type);
  }

  private Future<Answer> create(Call call) {
    var body = body(call, SessionBody.class);
    var wanting = new Wanting(call.organizationId(), call.caller().userId(), call.role(), body);
    return bindings
        .list(call.organizationId())
        .map(all -> wanted(wanting, SessionRouting.route(all, wanting)))
        .compose(sessions::create)
        .map(session -> {
          // Somebody else's under the same key is not theirs to take (defect E23).
          if (!visible(call, session)) {
            throw new Problem(ErrorCode.CONFLICT, "another user has the session of this peer");
          }
          return Answer.created(Map.of("session", SessionView.of(session)));
        });
  }

  private static SessionRepository.Wanted wanted(Wanting wanting, Optional<Binding> binding) {
    var body = wanting.body();
    var key = SessionRouting.key(wanting, binding);
    var agentId = binding.map(Binding::agentId).orElse(null);
    var bindingId = binding.map(Binding::id).orElse(null);
    var created =
        new Created(
            body.engine().id(),
            body.engine(),
            new Routing(key, body.scope().text(), agentId, bindingId),
            ViewerFrame.EXECUTION_MODE);
    return new SessionRepository.Wanted(
        wanting.organizationId(),
        wanting.userId(),
        key,
        agentId,
        bindingId,
        body,
        RawJson.from(created));
  }

  private static boolean visible(Call call, AgentSession session) {
    return !call.role().equals("member")
        || call.caller().userId().equals(session.createdByUserId());
  }

  private Future<Answer> list(Call call) {
    var query = new Query(call);
    var page = query.page(50, 200);
    var status = Optional.ofNullable(query.text("status")).orElse("active");
    if (!STATES.contains(status)) {
      throw new InvalidMessage("status", "must be one of " + String.join(", ", STATES));
    }
    var whose = call.role().equals("member") ? call.caller().userId() : null;
    return sessions
        .list(call.organizationId(), status.equals("all") ? null : status, whose, page)
        .map(rows -> {
          var body = new HashMap<String, Object>();
          body.put("sessions", rows.stream().map(SessionView::of).toList());
          body.put("nextCursor", Query.next(rows, page, s -> Cursor.after(s.updatedAt(), s.id())));
          return Answer.ok(body);
        });
  }

  private Future<AgentSession> find(Call call) {
    return WorkflowEndpoints.of(
            call, none(), id -> sessions.find(call.organizationId(), id), "sessionId")
        .map(found ->
            found.filter(session -> visible(call, session)).orElseThrow(SessionEndpoints::none));
  }

  private Future<Answer> read(Call call) {
    return find(call).map(session -> Answer.ok(Map.of("session", SessionView.of(session))));
  }

  private Future<Answer> events(Call call) {
    var query = new Query(call);
    int limit = query.limit(200, 500);
    long after = query.afterSeq(-1);
    return find(call)
        .compose(session -> sessions.events(call.organizationId(), session.id(), after, limit))
        .map(rows -> {
          var body = new HashMap<String, Object>();
          body.put("events", rows.stream().map(EventView::of).toList());
          // Also behind the last one there is: more may come, and it is how it is followed.
          body.put(
              "nextCursor",
              rows.isEmpty() ? null : Cursor.afterEvent(rows.getLast().event().seq()).text());
          return Answer.ok(body);
        });
  }

  private Future<Answer> send(Call call) {
    return find(call)
        .compose(session -> {
          var body = body(call, SessionBody.Message.class);
          // Asked again when the answer is lost: then it is still one message.
          var key =
              body.idempotencyKey() == null ? "auto:" + UUID.randomUUID() : body.idempotencyKey();
          return ask(
              new SessionTurns.Say(
                  call.organizationId(),
                  session.id(),
                  call.caller().userId(),
                  body.message(),
                  body.attachments(),
                  key));
        })
        .map(reply -> {
          var event = ((Said) reply).event();
          return Answer.accepted(Map.of("accepted", true, "event", event));
        });
  }

  private Future<Answer> reset(Call call) {
    return change(
        call,
        id ->
            new SessionTurns.Reset(
                call.organizationId(),
                id,
                call.caller().userId(),
                body(call, SessionBody.Reset.class).mode()));
  }

  private Future<Answer> archive(Call call) {
    return change(
        call, id -> new SessionTurns.Archive(call.organizationId(), id, call.caller().userId()));
  }

  private Future<Answer> restore(Call call) {
    return change(
        call, id -> new SessionTurns.Restore(call.organizationId(), id, call.caller().userId()));
  }

  private Future<Answer> cancel(Call call) {
    return find(call)
        .compose(session ->
            sessions
                .lastSeq(call.organizationId(), session.id())
                .compose(last ->
                    ask(
                        new SessionTurns.Cancel(
                            call.organizationId(), session.id(), call.caller().userId(), last))))
        .map(reply -> {
          var body = new HashMap<String, Object>();
          body.put("ok", true);
          body.put("requestId", ((Canceling) reply).requestId());
          return Answer.ok(body);
        });
  }

  private Future<Answer> change(
      Call call, java.util.function.Function<String, SessionTurns<Reply>> request) {
    return find(call)
        .compose(session -> ask(request.apply(session.id())))
        .compose(_ -> find(call))
        .map(session -> Answer.ok(Map.of("ok", true, "session", SessionView.of(session))));
  }

  private Future<Reply> ask(SessionTurns<Reply> request) {
    return homes
        .askSession(request, ASK_MAX)
        .map(reply -> {
          if (reply instanceof Refused no) throw new Problem(no.code(), no.message());
          return reply;
        })
        .recover(cause ->
            Future.failedFuture(
                switch (cause) {
                  case Fault fault when fault.code() == Fault.Code.NOT_FOUND -> none();
                  case Fault fault when fault.code() != Fault.Code.INTERNAL ->
                      new Problem(ErrorCode.GATEWAY_UNAVAILABLE, "the session's home is away");
                  default -> cause;
                }));
  }

  private static Problem none() {
    return new Problem(ErrorCode.SESSION_NOT_FOUND, "no such session");
  }
}
