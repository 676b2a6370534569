package ai.vespid.gateway.control;

import ai.vespid.kit.node.MemoryCalls;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.SessionMemory;
import ai.vespid.protocol.bus.SessionMemory.Used;
import ai.vespid.protocol.http.MemoryBody;
import ai.vespid.sql.MemoryJobRepository;
import ai.vespid.sql.MemoryJobRepository.Job;
import ai.vespid.sql.MemoryJobRepository.Wish;
import ai.vespid.sql.SessionRepository;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * What is remembered, for people (contract 4.8). A member sees what their own sessions and the
 * workflows remember, owners and admins all; the original looked at paths and hashes alone (defect
 * E5).
 */
final class MemoryEndpoints {
  private static final Duration ASK_MAX = Duration.ofSeconds(30);
  private static final int KEY_CHARS_MAX = 400;
  private static final long FULL_RETRY_SECONDS = 5;

  /** A wish to synchronize and what came of it. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record JobView(
      String id,
      String organizationId,
      String sessionId,
      String sessionKey,
      String provider,
      String reason,
      String status,
      RawJson details,
      String error,
      String createdByUserId,
      String createdAt,
      String updatedAt,
      String finishedAt) {
    static JobView of(Job job) {
      return new JobView(
          job.id(),
          job.organizationId(),
          job.sessionId(),
          job.sessionKey(),
          job.provider(),
          job.reason(),
          job.status(),
          job.details(),
          job.error(),
          job.createdByUserId(),
          Iso.of(job.createdAt()),
          Iso.of(job.updatedAt()),
          Iso.of(job.finishedAt()));
    }
  }

  private final MemoryJobRepository jobs;
  private final SessionRepository sessions;
  private final MemoryCalls memory;

  MemoryEndpoints(MemoryJobRepository jobs, SessionRepository sessions, MemoryCalls memory) {
    this.jobs = jobs;
    this.sessions = sessions;
    this.memory = memory;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of(
        "syncMemory", this::sync,
        "readMemorySync", this::job,
        "searchMemory", this::search,
        "readMemoryDocument", this::document);
  }

  // Whose sessions' memory they see; null sees all.
  private static String viewer(Call call) {
    return call.role().equals("member") ? call.caller().userId() : null;
  }

  private Future<Answer> sync(Call call) {
    var sent = call.context().body();
    var bytes = sent.isEmpty() ? new byte[] {'{', '}'} : sent.buffer().getBytes();
    var body = Json.read(bytes, MemoryBody.Sync.class);
    return key(call, body)
        .compose(key ->
            jobs.create(
                call.organizationId(),
                new Wish(
                    body.sessionId(), key, body.provider(), body.reason(), call.caller().userId())))
        .map(made -> made.orElseThrow(() -> Problem.rateLimited(FULL_RETRY_SECONDS)))
        .map(job -> {
          // Lost, it is found by the next look.
          memory.ask(new SessionMemory.Due(), ASK_MAX);
          return Answer.accepted(Map.of("accepted", true, "job", JobView.of(job)));
        });
  }

  private Future<String> key(Call call, MemoryBody.Sync body) {
    if (body.sessionId() == null) return Future.succeededFuture(body.sessionKey());
    return sessions
        .find(call.organizationId(), body.sessionId())
        .map(found ->
            found
                .filter(session ->
                    viewer(call) == null || viewer(call).equals(session.createdByUserId()))
                .filter(session ->
                    body.sessionKey() == null || body.sessionKey().equals(session.sessionKey()))
                .orElseThrow(() -> new Problem(ErrorCode.SESSION_NOT_FOUND, "no such session"))
                .sessionKey());
  }

  private Future<Answer> job(Call call) {
    return WorkflowEndpoints.of(
            call,
            none("no such job"),
            id -> jobs.find(call.organizationId(), id, viewer(call)),
            "jobId")
        .map(found ->
            Answer.ok(Map.of("job", JobView.of(found.orElseThrow(() -> none("no such job"))))));
  }

  private Future<Answer> search(Call call) {
    var query = new Query(call);
    var input = new HashMap<String, Object>();
    input.put("query", query.text("q"));
    input.put("limit", query.limit(50, 200));
    input.put("mode", query.text("mode"));
    var key = Check.optionalText("sessionKey", query.text("sessionKey"), 1, KEY_CHARS_MAX);
    var find =
        new SessionMemory.Find(call.organizationId(), viewer(call), key, RawJson.from(input));
    return ask(find).map(used -> Answer.ok(used.output()));
  }

  private Future<Answer> document(Call call) {
    return WorkflowEndpoints.of(
            call,
            none("no such document"),
            id -> ask(new SessionMemory.Look(call.organizationId(), viewer(call), id)),
            "docId")
        .map(used -> {
          if (used.output() == null) throw none("no such document");
          return Answer.ok(used.output());
        });
  }

  private Future<Used> ask(SessionMemory<Used> request) {
    return memory
        .ask(request, ASK_MAX)
        .recover(_ ->
            Future.failedFuture(
                new Problem(ErrorCode.SERVICE_UNAVAILABLE, "nobody there remembers just now")))
        .map(used -> {
          if (used.error() != null) throw problem(used.error());
          return used;
        });
  }

  private static Problem problem(String error) {
    if (error.startsWith(ErrorCode.INVALID_TOOL_INPUT.name())) {
      return new Problem(ErrorCode.BAD_REQUEST, error.substring(error.indexOf(':') + 1).strip());
    }
    return error.equals(ErrorCode.DATABASE_UNAVAILABLE.name())
        ? new Problem(ErrorCode.DATABASE_UNAVAILABLE, "the database does not answer")
        : new Problem(ErrorCode.INTERNAL_ERROR, "internal error");
  }

  private static Problem none(String what) {
    return new Problem(ErrorCode.NOT_FOUND, what);
  }
}
